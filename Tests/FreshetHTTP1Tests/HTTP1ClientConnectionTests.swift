// HTTP/1.1 at the client, byte by byte.
import FreshetCore
import FreshetHTTP
import FreshetTransport
import NIOCore
import TestSupport
import Testing

@testable import FreshetHTTP1

@Suite struct HTTP1ClientConnectionTests {
  private let answer = "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n\u{0}\u{0}\u{0}\u{0}\u{2}hi"
  private let message = "\u{0}\u{0}\u{0}\u{0}\u{2}hi"

  // MARK: Requests

  @Test func `a request of known length has it, and one of unknown length is chunked`() throws {
    let end = try HTTP1ClientEnd()
    #expect(end.isReady && end.hasRoom)
    _ = try end.open("POST", [("content-type", "application/proto"), ("te", "trailers")]) {
      $0.put("hello")
      $0.stream.finish()
    }
    #expect(!end.hasRoom)
    #expect(
      end.output()
        == "POST /s/M HTTP/1.1\r\nhost: a.example:1\r\ncontent-type: application/proto\r\ncontent-length: 5\r\n\r\nhello"
    )
    end.receive(answer)
    #expect(end.hasRoom)
    let call = try end.open { $0.put("one") }
    #expect(end.output() == "POST /s/M HTTP/1.1\r\nhost: a.example:1\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
    call.put("twenty bytes and more")
    #expect(end.output() == "15\r\ntwenty bytes and more\r\n")
    call.stream.finish()
    #expect(end.output() == "0\r\n\r\n")
  }

  @Test func `a request without a body has the length 0, and a GET has none`() throws {
    let end = try HTTP1ClientEnd()
    _ = try end.open()
    #expect(end.output() == "POST /s/M HTTP/1.1\r\nhost: a.example:1\r\ncontent-length: 0\r\n\r\n")
    end.receive(answer)
    _ = try end.open("GET")
    #expect(end.output() == "GET /s/M HTTP/1.1\r\nhost: a.example:1\r\n\r\n")
  }

  @Test func `a field with a line break is not sent`() throws {
    let end = try HTTP1ClientEnd()
    for (name, value) in [("x", "a\r\ny: b"), ("x\r\ny", "a"), ("x", "a\u{0}")] {
      #expect(throws: TransportError.self) { try end.open("POST", [(name, value)]) }
    }
    #expect(end.output().isEmpty && end.hasRoom)
  }

  // MARK: Responses

  @Test func `the connection carries one call after the other`() throws {
    let end = try HTTP1ClientEnd()
    for _ in 0..<3 {
      let call = try end.open()
      _ = end.output()
      end.receive("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + answer)
      #expect(call.heads == [[":status: 103", "link: x"], [":status: 200", "content-length: 7"]])
      #expect(call.read() == ["hi"] && call.hasEnded && call.end == .ended)
    }
    #expect(end.hasRoom && end.closeError == nil)
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
  ])
  func `a response may be the connection's last`(_ answer: String) throws {
    let end = try HTTP1ClientEnd()
    let call = try end.open()
    _ = end.output()
    end.receive(answer)
    #expect(call.end == .ended && !end.hasRoom && end.isOver && end.isGoingAway)
  }

  @Test func `what follows a response was not asked for, and ends the connection`() throws {
    let end = try HTTP1ClientEnd()
    let call = try end.open()
    _ = end.output()
    end.receive(answer + "HTTP/1.1 200 OK\r\n")
    #expect(call.end == .ended && call.read() == ["hi"] && end.isOver)
    let idle = try HTTP1ClientEnd()
    idle.receive("HTTP/1.1 408 Request Timeout\r\n\r\n")
    #expect(idle.isOver && !idle.hasRoom)
  }

  @Test func `a body without a length ends with the connection`() throws {
    let end = try HTTP1ClientEnd()
    let call = try end.open()
    _ = end.output()
    end.receive("HTTP/1.1 200 OK\r\n\r\n" + message)
    #expect(!call.hasEnded)
    end.loseServer()
    #expect(call.hasEnded && call.end == .ended && call.read() == ["hi"])
    #expect(end.closeError != nil)
  }

  @Test func `a response that ends before its request ends the connection`() throws {
    let end = try HTTP1ClientEnd()
    let call = try end.open { $0.put("one") }
    _ = end.output()
    end.receive(answer)
    #expect(call.hasEnded && call.end == .resetByUs(.noError) && end.isOver)
    #expect(call.read() == ["hi"])
  }

  @Test func `a body that is cut short is lost`() throws {
    for text in [
      "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhi",
    ] {
      let end = try HTTP1ClientEnd()
      let call = try end.open()
      _ = end.output()
      end.receive(text)
      end.loseServer()
      #expect(!call.hasEnded && call.end == .connectionLost)
    }
  }

  @Test(arguments: ["SSH-2.0\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", "HTTP/1.1 200 OK\nx\n\n"])
  func `a malformed response ends its call as the server's fault`(_ text: String) throws {
    let end = try HTTP1ClientEnd()
    let call = try end.open()
    _ = end.output()
    end.receive(text)
    #expect(call.end == .resetByUs(.protocolError) && end.isOver)
    #expect(call.connectionError?.message.isEmpty == false)
  }

  @Test func `a head beyond its limit is a truncated one`() throws {
    let end = try HTTP1ClientEnd(HTTP1ClientSettings { $0.maxHeaderBytes = 100 })
    let call = try end.open()
    _ = end.output()
    end.receive("HTTP/1.1 200 OK\r\nx: " + String(repeating: "y", count: 100))
    #expect(call.isTruncated && call.end == .resetByUs(.cancel) && end.isOver)
  }

  // MARK: Ends

  @Test func `a reset ends the connection`() throws {
    let end = try HTTP1ClientEnd()
    let call = try end.open()
    _ = end.output()
    call.stream.reset(.cancel, error: RPCError(code: .cancelled, message: ""))
    end.run()
    #expect(call.end == .resetByUs(.cancel) && end.isOver && end.isGoingAway)
  }

  @Test func `which calls of a lost connection may be repeated`() throws {
    let fresh = try HTTP1ClientEnd()
    let first = try fresh.open("GET")
    _ = fresh.output()
    fresh.loseServer()
    #expect(first.end == .connectionLost)
    for (verb, more, expected) in [
      ("GET", "", StreamEnd.unprocessed), ("POST", "", .connectionLost), ("GET", "HTTP/1.1 2", .connectionLost),
    ] {
      let end = try HTTP1ClientEnd()
      _ = try end.open()
      _ = end.output()
      end.receive(answer)
      let call = try end.open(verb)
      _ = end.output()
      end.receive(more)
      end.loseServer()
      #expect(call.end == expected, "\(verb) \(more)")
    }
    let unsent = try HTTP1ClientEnd()
    let call = try unsent.open()
    unsent.loseServer(runs: false)
    #expect(call.end == .unsent)
  }

  @Test func `an unread body stops the socket, and reading it starts it again`() throws {
    let end = try HTTP1ClientEnd(HTTP1ClientSettings { $0.bodyWindowBytes = 10 })
    let call = try end.open()
    _ = end.output()
    end.receive("HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n" + message + message)
    #expect(end.isSocketRead == false)
    #expect(call.read() == ["hi", "hi"])
    #expect(end.isSocketRead == true)
    end.receive(message)
    #expect(call.read() == ["hi"] && call.end == .ended && end.hasRoom)
  }

  @Test func `an idle connection closes, and a busy one does not`() throws {
    let end = try HTTP1ClientEnd(HTTP1ClientSettings { $0.idleTimeout = .seconds(5) })
    end.advance(.seconds(4))
    let call = try end.open()
    _ = end.output()
    end.advance(.seconds(60))
    end.receive(answer)
    #expect(call.end == .ended && end.hasRoom)
    end.advance(.seconds(4))
    #expect(end.hasRoom)
    end.advance(.seconds(2))
    #expect(!end.hasRoom && end.isOver)
  }

  @Test func `a drained connection closes after its call`() throws {
    let end = try HTTP1ClientEnd()
    let call = try end.open()
    _ = end.output()
    end.drain()
    #expect(!end.isOver)
    end.receive(answer)
    #expect(call.end == .ended && end.isOver)
    let idle = try HTTP1ClientEnd()
    idle.drain()
    #expect(idle.isOver)
  }

  @Test func `settings are checked`() {
    for change: (inout HTTP1ClientSettings) -> Void in [
      { $0.maxConnections = 0 }, { $0.idleTimeout = .zero }, { $0.maxHeaderBytes = 0 }, { $0.bodyWindowBytes = 0 },
    ] {
      var settings = HTTP1ClientSettings()
      change(&settings)
      let changed = settings
      #expect(throws: TransportError.self) { try changed.validate() }
    }
  }
}
