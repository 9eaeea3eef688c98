// Clients that end their side and still read (web.md W106).
import FreshetHTTP
import FreshetHTTP1
import FreshetTransport
import Testing

@Suite struct HTTP1HalfCloseTests {
  private let get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
  private let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"

  private func end() throws -> HTTP1End { try HTTP1End(HTTP1Settings { $0.allowsHalfClose = true }) }

  @Test func `W106: a complete request is answered, and the connection closes`() throws {
    let end = try end()
    end.receive(get)
    end.endInput()
    #expect(end.calls[0].end == nil && !end.isEnding)
    end.calls[0].answer("x")
    #expect(end.output() == head + "content-length: 1\r\nconnection: close\r\n\r\nx")
    #expect(end.calls[0].end == .ended && end.isEnding)
  }

  @Test func `W106: a response that has begun is written to its end`() throws {
    let end = try end()
    end.receive(get)
    end.calls[0].begin()
    end.calls[0].say("he")
    #expect(end.output() == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n")
    end.endInput()
    end.calls[0].say("llo")
    end.calls[0].stream?.finish()
    #expect(end.output() == "3\r\nllo\r\n0\r\n\r\n")
    #expect(end.isEnding)
  }

  @Test func `W104, W106: all complete requests are answered, and one that is not is dropped`() throws {
    for rest in ["", "GET /y HT", "POST /y HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na"] {
      let end = try end()
      end.receive(get + get + rest)
      end.endInput()
      end.calls[0].answer("0")
      #expect(end.output() == head + "content-length: 1\r\n\r\n0")
      end.calls[1].answer("1")
      let last = end.output()
      #expect(last.hasPrefix(head) && last.hasSuffix("\r\n\r\n1"))
      #expect(end.isEnding, "\(rest)")
      #expect(end.calls.dropFirst(2).allSatisfy { $0.end != nil })
    }
  }

  @Test func `W106: a request that is cut off ends its call`() throws {
    for cut in ["POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na", "GET /x HTTP/1.1\r\nHo", ""] {
      let end = try end()
      end.receive(cut)
      end.endInput()
      #expect(end.isClosedByPeer, "\(cut)")
      #expect(end.calls.allSatisfy { $0.end == .connectionLost })
    }
  }

  @Test func `W106: a refusal is written`() throws {
    let end = try end()
    end.receive("BAD\r\n\r\n")
    end.endInput()
    #expect(end.output().hasPrefix("HTTP/1.1 400 "))
    #expect(end.isEnding)
  }

  @Test func `W106: between requests the client's end is the connection's`() throws {
    let end = try end()
    end.receive(get)
    end.calls[0].answer("x")
    #expect(end.output() == head + "content-length: 1\r\n\r\nx")
    end.endInput()
    #expect(end.isClosedByPeer)
  }

  @Test func `W106: a client that closes altogether is gone`() throws {
    let end = try end()
    end.receive(get)
    end.endInput()
    end.loseClient()
    #expect(end.calls.map(\.end) == [.connectionLost])
  }

  @Test func `W106: a request to switch protocols is not answered`() throws {
    let settings = HTTP1Settings {
      $0.allowsHalfClose = true
      $0.upgrades = ["websocket"]
    }
    let end = try HTTP1End(settings)
    end.receive("GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    end.endInput()
    #expect(end.calls.map(\.end) == [.connectionLost])
  }
}
