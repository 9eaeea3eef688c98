// Requests that switch a connection to another protocol.
import FreshetHTTP
import FreshetTransport
import TestSupport
import Testing

@testable import FreshetHTTP1

@Suite struct HTTP1UpgradeTests {
  private let settings = HTTP1Settings { $0.upgrades = ["websocket"] }
  private let get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

  private func upgrade(_ fields: String = "Upgrade: websocket\r\nConnection: Upgrade", verb: String = "GET") -> String {
    "\(verb) /chat HTTP/1.1\r\nHost: a\r\n\(fields)\r\nX: y\r\n\r\n"
  }

  @Test func `W63: a request may switch its connection to another protocol`() throws {
    let end = try HTTP1End(settings)
    end.receive(upgrade())
    let call = try #require(end.calls.first)
    #expect(
      call.fields == [
        ":method: GET", ":scheme: http", ":authority: a", ":path: /chat", "x: y", "upgrade: websocket",
        "connection: upgrade",
      ])
    #expect(!call.hasEnded)
    call.begin([":status": "101", "upgrade": "websocket", "connection": "Upgrade", "sec-websocket-accept": "z"])
    #expect(
      end.output()
        == "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: z\r\n\r\n"
    )
    end.receive("", grpcMessage([1, 2]))
    call.read()
    #expect(call.messages == [[1, 2]])
    call.say("any bytes")
    #expect(end.output() == "any bytes")
    #expect(!end.isEnding)
    call.stream?.finish()
    #expect(end.output() == "")
    #expect(end.isEnding)
  }

  @Test(arguments: [
    "Upgrade: h2c, WebSocket\r\nConnection: keep-alive, UPGRADE",
    "Upgrade: x\r\nupgrade: websocket\r\nconnection:upgrade",
  ])
  func `W62: the fields are lists in any case`(fields: String) throws {
    let end = try HTTP1End(settings)
    end.receive(upgrade(fields))
    #expect(end.calls.first?.fields.suffix(2) == ["upgrade: websocket", "connection: upgrade"])
  }

  @Test func `W63: bytes behind the head belong to the other protocol once the connection has switched`() throws {
    let end = try HTTP1End(settings)
    end.receive(upgrade(), grpcMessage([7]))
    end.receive("", grpcMessage([8]))
    let call = try #require(end.calls.first)
    call.read()
    #expect(call.messages == [] && end.calls.count == 1)
    call.begin([":status": "101"])
    _ = end.output()
    call.read()
    #expect(call.messages == [[7], [8]])
  }

  @Test func `W62: a refused switch is an ordinary response, and the connection lives on`() throws {
    let end = try HTTP1End(settings)
    end.receive(upgrade() + get)
    end.calls[0].answer("no", status: 403)
    #expect(end.output() == "HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nno")
    #expect(end.calls.count == 2 && end.calls[0].hasEnded && !end.isEnding)
    #expect(end.calls.last?.fields.first == ":method: GET")
  }

  @Test func `W3: other protocols, other verbs and old versions do not switch`() throws {
    for text in [
      upgrade("Upgrade: h2c\r\nConnection: Upgrade"), upgrade("Upgrade: websocket"), upgrade("Connection: Upgrade"),
      upgrade(verb: "POST").replacing("X: y", with: "Content-Length: 0"),
      upgrade().replacing("HTTP/1.1", with: "HTTP/1.0"),
    ] {
      let end = try HTTP1End(settings)
      end.receive(text)
      #expect(end.calls.first?.fields.contains("upgrade: websocket") == false, "\(text)")
      #expect(end.calls.first?.hasEnded == true)
      end.calls.first?.answer("x")
      #expect(end.output().hasPrefix("HTTP/1.1 200 OK\r\n"))
    }
    let end = try HTTP1End()
    end.receive(upgrade())
    #expect(end.calls.first?.fields.contains("upgrade: websocket") == false)
  }

  @Test func `a body in a request that switches is refused`() throws {
    let end = try HTTP1End(settings)
    end.receive(upgrade().replacing("X: y", with: "Content-Length: 1") + "x")
    #expect(end.output().hasPrefix("HTTP/1.1 400 ") && end.calls.isEmpty && end.isEnding)
  }

  @Test func `the end of the client's bytes ends the other protocol`() throws {
    let end = try HTTP1End(settings)
    end.receive(upgrade())
    end.calls[0].begin([":status": "101"])
    _ = end.output()
    end.loseClient()
    #expect(end.calls[0].end == .connectionLost)
  }

  @Test func `bytes of the other protocol that are not read stop the socket`() throws {
    let end = try HTTP1End(settings)
    end.receive(upgrade())
    end.calls[0].begin([":status": "101"])
    _ = end.output()
    let message = grpcMessage([UInt8](repeating: 1, count: 0x7FFB))
    for _ in 0..<3 { end.receive("", message) }
    #expect(end.isSocketRead == false)
    end.calls[0].read()
    #expect(end.isSocketRead == true && end.calls[0].messages.count == 3)
  }
}
