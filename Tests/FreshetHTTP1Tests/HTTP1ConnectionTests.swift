// HTTP/1.1 at the server, byte by byte.
import FreshetCore
import FreshetHTTP
import FreshetTransport
import NIOCore
import TestSupport
import Testing

@testable import FreshetHTTP1

@Suite struct HTTP1ConnectionTests {
  private let get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
  private let plain = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"

  // MARK: Heads

  @Test func `a request has the fields that it would have over HTTP/2`() throws {
    let end = try HTTP1End()
    end.receive(
      "POST /s/m?q=1 HTTP/1.1\r\nHost: a.example:80\r\nContent-Type: application/proto\r\nX-Two: 1\r\nx-two: 2\r\n"
        + "Connection: keep-alive\r\nKeep-Alive: 5\r\nTE: trailers\r\nGrpc-Timeout: 5S\r\nContent-Length: 0\r\n\r\n")
    #expect(
      end.calls.first?.fields == [
        ":method: POST", ":scheme: http", ":authority: a.example:80", ":path: /s/m?q=1",
        "content-type: application/proto", "x-two: 1", "x-two: 2", "content-length: 0",
      ])
    #expect(end.calls.first?.timeout == "5S")
    #expect(end.calls.first?.version == .http1_1)
    #expect(end.calls.first?.hasEnded == true)
  }

  @Test(arguments: [1, 2, 3, 7, 50])
  func `a request is the same however it is cut`(piece: Int) throws {
    let end = try HTTP1End()
    let bytes =
      Array("POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n".utf8)
      + grpcMessage([1, 2]) + Array("\r\n0\r\nx: y\r\n\r\n".utf8)
    var rest = bytes[...]
    while !rest.isEmpty {
      end.receive("", Array(rest.prefix(piece)))
      rest = rest.dropFirst(piece)
    }
    let call = try #require(end.calls.first)
    call.read()
    #expect(call.messages == [[1, 2]])
    #expect(call.hasEnded)
    call.answer("done")
    #expect(end.output() == plain + "content-length: 4\r\n\r\ndone")
  }

  @Test func `W101: the authority of an absolute target counts, and Host does not`() throws {
    let end = try HTTP1End()
    end.receive("GET http://b.example/p HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(end.calls.first?.fields.contains(":authority: b.example") == true)
    #expect(end.calls.first?.fields.contains(":path: /p") == true)
  }

  @Test(
    arguments: [
      ("POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
      ("POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400),
      ("POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
      ("POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
      ("POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", 400),
      ("POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
      ("POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400),
      ("POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
      ("POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
      ("POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400),
      ("POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
      ("POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 400),
      ("POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", 400),
      ("POST /m HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nX: y\u{0}z\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n", 400),
      ("GET / HTTP/1.1\nHost: a\n\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nX: y\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
      ("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      ("G\u{7F}T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
      ("GET / HTTP/3.1\r\nHost: a\r\n\r\n", 505),
      ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
      ("POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n", 417),
      ("\u{1}\u{2}\r\n\r\n", 400),
    ])
  func `W101: what is malformed or ambiguous is refused, and the connection closes`(text: String, status: Int) throws {
    let end = try HTTP1End()
    end.receive(text)
    end.receive(get)  // what follows is not taken for a request
    let output = end.output()
    #expect(output.hasPrefix("HTTP/1.1 \(status) "), "\(output)")
    #expect(output.contains("connection: close\r\n"))
    #expect(output.split(separator: "HTTP/1.1 ").count == 1, "\(output)")
    #expect(end.calls.isEmpty)
    #expect(end.isEnding)
  }

  @Test func `W102: heads beyond the limits are refused`() throws {
    var end = try HTTP1End()
    end.receive("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "y", count: 17_000))\r\n\r\n")
    #expect(end.output().hasPrefix("HTTP/1.1 431 "))
    end = try HTTP1End()
    let many = (0..<101).map { "x\($0): y\r\n" }.joined()
    end.receive("GET / HTTP/1.1\r\nHost: a\r\n\(many)\r\n")
    #expect(end.output().hasPrefix("HTTP/1.1 431 "))
    end = try HTTP1End()
    end.receive("GET /\(String(repeating: "y", count: 8192)) HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(end.output().hasPrefix("HTTP/1.1 414 "))
    end = try HTTP1End()
    end.receive("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n")
    #expect(end.output().hasPrefix("HTTP/1.1 400 "))
  }

  @Test(arguments: [
    "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx", "GET / HTTP/1.1\r\n\r\n",
    "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
  ])
  func `W101: what follows a refused request in the same read is not taken for one`(text: String) throws {
    var end = try HTTP1End()
    end.receive(text + get)
    #expect(end.output().hasPrefix("HTTP/1.1 4"))
    #expect(end.calls.isEmpty && end.isEnding)
    end = try HTTP1End()
    end.receive(get + get + text + get)
    end.calls[0].answer("0")
    #expect(end.output().hasSuffix("\r\n\r\n0"))
    try #require(end.calls.count == 2)
    end.calls[1].answer("1")
    let output = end.output()
    #expect(output.contains("\r\n\r\n1HTTP/1.1 4"), "\(output)")
    #expect(end.calls.count == 2 && end.isEnding)
  }

  // MARK: Answers

  @Test func `W100: a body that is there as a whole has a length, and one that comes is chunked`() throws {
    let end = try HTTP1End()
    end.receive(get)
    end.calls[0].answer("hello")
    #expect(end.output() == plain + "content-length: 5\r\n\r\nhello")
    end.receive(get)
    end.calls[1].begin()
    end.calls[1].say("he")
    #expect(end.output() == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n")
    end.calls[1].say("llo")
    #expect(end.output() == "3\r\nllo\r\n")
    end.calls[1].stream?.finish()
    #expect(end.output() == "0\r\n\r\n")
    #expect(end.calls[1].end == .ended)
  }

  @Test func `W100: HEAD has GET's fields and no body, nor has 204 one`() throws {
    let end = try HTTP1End()
    end.receive("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    end.calls[0].begin([":status": "200", "content-length": "5"])
    end.calls[0].say("hello")
    end.calls[0].stream?.finish()
    #expect(end.output() == "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")
    end.receive(get)
    end.calls[1].stream?.sendResponseOnly([":status": "204"])
    #expect(end.output() == "HTTP/1.1 204 No Content\r\n\r\n")
    end.receive(get)
    end.calls[2].stream?.sendResponseOnly([":status": "404"])
    #expect(end.output() == "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
  }

  @Test func `W8: HTTP/1.0 gets no chunks, and its connection closes unless it asks to keep it`() throws {
    var end = try HTTP1End()
    end.receive("GET / HTTP/1.0\r\n\r\n")
    end.calls[0].begin()
    end.calls[0].say("he")
    #expect(end.output() == "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhe")
    end.calls[0].stream?.finish()
    #expect(end.output() == "")
    #expect(end.isEnding)
    end = try HTTP1End()
    end.receive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    end.calls[0].answer("x")
    #expect(end.output() == plain + "content-length: 1\r\nconnection: keep-alive\r\n\r\nx")
    end.receive("GET / HTTP/1.0\r\n\r\n")
    #expect(end.calls.count == 2)
  }

  @Test func `W107: answers have a Date`() throws {
    #expect(DateField.format(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(DateField.format(951_782_399) == "Mon, 28 Feb 2000 23:59:59 GMT")
    #expect(DateField.format(951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
    #expect(DateField.format(4_102_444_800) == "Fri, 01 Jan 2100 00:00:00 GMT")
  }

  @Test func `an answer that is given up ends the connection without its last chunk`() throws {
    let end = try HTTP1End()
    end.receive(get)
    end.calls[0].begin()
    end.calls[0].say("he")
    _ = end.output()
    end.calls[0].stream?.reset(.internalError, error: RPCError(code: .internal, message: "x"))
    #expect(end.output() == "")
    #expect(end.isEnding)
    #expect(end.calls[0].end == .resetByUs(.internalError))
  }

  @Test func `trailers end a response that is aborted, and the connection goes on`() throws {
    let end = try HTTP1End()
    end.receive(get)
    end.calls[0].begin()
    end.calls[0].say("he")
    _ = end.output()
    end.calls[0].stream?.abort(trailers: ["x": "y"], error: RPCError(code: .internal, message: "x"))
    #expect(end.output() == "0\r\nx: y\r\n\r\n")
    end.receive(get)
    #expect(end.calls.count == 2 && !end.isEnding)
  }

  // MARK: The connection's life

  @Test func `W99: a connection is kept, and closes when either side says so`() throws {
    var end = try HTTP1End { $0.answer("x") }
    for _ in 0..<3 { end.receive(get) }
    #expect(end.calls.count == 3)
    #expect(!end.isEnding)
    end.receive("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    #expect(end.output().hasSuffix("content-length: 1\r\nconnection: close\r\n\r\nx"))
    #expect(end.isEnding)
    end = try HTTP1End(HTTP1Settings { $0.maxRequests = 2 }) { $0.answer("x") }
    end.receive(get)
    #expect(!end.output().contains("close"))
    end.receive(get)
    #expect(end.output().contains("connection: close\r\n"))
    #expect(end.isEnding)
  }

  @Test func `W99: a drain closes idle connections at once, and others with their answer`() throws {
    var end = try HTTP1End { $0.answer("x") }
    end.receive(get)
    _ = end.output()
    end.drain()
    #expect(end.output() == "")
    #expect(end.isEnding)
    end = try HTTP1End()
    end.receive(get)
    end.drain()
    #expect(!end.isEnding)
    end.calls[0].answer("x")
    #expect(end.output() == plain + "content-length: 1\r\nconnection: close\r\n\r\nx")
    #expect(end.isEnding)
  }

  @Test func `W99: an idle connection closes after idleTimeout, and no sooner`() throws {
    let end = try HTTP1End { $0.answer("x") }
    end.advance(.seconds(9))
    end.receive(get)
    end.advance(.milliseconds(59_999))
    #expect(!end.isEnding)
    end.receive(get)
    end.advance(.milliseconds(59_999))
    #expect(!end.isEnding)
    end.advance(.milliseconds(1))
    #expect(end.isEnding)
  }

  @Test func `W19, W106: the end of the client's bytes while it is answered ends the call`() throws {
    let end = try HTTP1End()
    end.receive(get)
    end.calls[0].begin()
    end.calls[0].say("he")
    _ = end.output()
    end.loseClient()
    #expect(end.calls[0].end == .connectionLost)
    #expect(end.isClosedByPeer, "\(String(describing: end.closeError))")
  }

  @Test func `W104: requests that come early are answered in their order`() throws {
    let end = try HTTP1End()
    end.receive(get + get + "POST /z HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + get)
    #expect(end.calls.count == 1)
    for index in 0..<4 {
      #expect(end.calls.count == index + 1)
      end.calls[index].answer("\(index)")
      #expect(end.output() == plain + "content-length: 1\r\n\r\n\(index)")
    }
    #expect(end.calls[2].fields.contains(":path: /z"))
    #expect(!end.isEnding)
  }

  @Test func `W104: many requests that come early wait unparsed, and all are answered`() throws {
    let end = try HTTP1End()
    let count = 3000
    end.receive(String(repeating: get, count: count))
    #expect(end.calls.count == 1 && end.heldBytes == (count - 1) * get.utf8.count)
    #expect(end.isSocketRead == false)
    for index in 0..<count {
      end.calls[index].answer("")
      _ = end.output()
    }
    #expect(end.calls.count == count)
    #expect(end.isSocketRead == true && !end.isEnding)
  }

  @Test func `W19, W104: the socket is read while a request waits, so that the client's end is seen`() throws {
    let end = try HTTP1End()
    end.receive(get + get)
    #expect(end.isSocketRead == true)
    end.loseClient()
    #expect(end.calls.map(\.end) == [.connectionLost])
  }

  @Test func `W104: a request that cannot be read is refused behind the answers before it`() throws {
    let end = try HTTP1End()
    end.receive(get + "BAD\r\n\r\n")
    #expect(end.output() == "")
    end.calls[0].answer("x")
    let output = end.output()
    #expect(output.hasPrefix(plain + "content-length: 1\r\n\r\nxHTTP/1.1 400 "), "\(output)")
    #expect(end.isEnding)
  }

  @Test func `W104: the rest of a body behind its answer is dropped if it is short, and else ends the connection`()
    throws
  {
    var end = try HTTP1End { $0.answer("no", status: 403) }
    end.receive("POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234")
    #expect(end.output() == "HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nno")
    end.receive("56789" + get)
    #expect(end.calls.count == 2)
    #expect(!end.isEnding)
    end = try HTTP1End { $0.answer("no", status: 403) }
    end.receive("POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n01234")
    #expect(end.output().contains("connection: close"))
    #expect(end.isEnding)
    end = try HTTP1End { $0.answer("no", status: 403) }
    end.receive("POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    _ = end.output()
    let chunk = "2000\r\n" + String(repeating: "x", count: 0x2000) + "\r\n"
    for _ in 0..<8 { end.receive(chunk) }
    #expect(!end.isEnding)
    end.receive(chunk)
    #expect(end.isEnding)
  }

  // MARK: Bodies

  @Test func `W103: leave to send the body is given once the call takes it`() throws {
    let post = "POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\nExpect: 100-Continue\r\n\r\n"
    var end = try HTTP1End()
    end.receive(post)
    #expect(end.output() == "HTTP/1.1 100 Continue\r\n\r\n")
    end.receive("", grpcMessage([7, 8]))
    end.calls[0].read()
    #expect(end.calls[0].messages == [[7, 8]])
    end.calls[0].answer("x")
    #expect(end.output() == plain + "content-length: 1\r\n\r\nx")
    // A final answer in its place: the client may send its body or not, so nothing can follow.
    end = try HTTP1End { $0.answer("no", status: 403) }
    end.receive(post)
    let output = end.output()
    #expect(output.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
    #expect(output.contains("connection: close\r\n"))
    #expect(end.isEnding)
    // A client that does not wait needs no leave.
    end = try HTTP1End()
    end.receive(post, grpcMessage([7, 8]))
    end.calls[0].answer("x")
    #expect(end.output() == plain + "content-length: 1\r\n\r\nx")
  }

  @Test func `W105: a head that does not come in time is answered with 408`() throws {
    let end = try HTTP1End()
    end.receive("GET / HT")
    end.advance(.milliseconds(9_000))
    end.receive("TP/1.1\r\nHo")
    end.advance(.milliseconds(999))
    #expect(end.output() == "")
    end.advance(.milliseconds(1))
    #expect(end.output().hasPrefix("HTTP/1.1 408 "))
    #expect(end.isEnding)
  }

  @Test func `W105: a body of known length has to come along`() throws {
    let end = try HTTP1End()
    end.receive("POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 5005\r\n\r\n", [0, 0, 0, 0x13, 0x88])
    for _ in 0..<3 {
      end.receive("", [UInt8](repeating: 1, count: 1024))
      end.advance(.seconds(10))
    }
    #expect(!end.isEnding)
    end.receive("", [UInt8](repeating: 1, count: 1000))
    end.advance(.seconds(10))
    #expect(end.output().hasPrefix("HTTP/1.1 408 "))
    #expect(end.calls[0].end == .resetByPeer(.protocolError))
    #expect(end.isEnding)
  }

  @Test func `a body that is not read stops the socket, and is read on when it is`() throws {
    let end = try HTTP1End()
    end.receive("POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    let message = grpcMessage([UInt8](repeating: 1, count: 0x7FFB))
    for _ in 0..<3 { end.receive("8000\r\n", message + Array("\r\n".utf8)) }
    #expect(end.isSocketRead == false)
    end.calls[0].read()
    #expect(end.isSocketRead == true)
    #expect(end.calls[0].messages.count == 3)
  }

  @Test func `a broken chunk ends the call`() throws {
    let end = try HTTP1End()
    end.receive("POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    end.receive("zz\r\n")
    #expect(end.calls[0].end == .resetByPeer(.protocolError))
    #expect(end.output().hasPrefix("HTTP/1.1 400 "))
    #expect(end.isEnding)
  }
}
