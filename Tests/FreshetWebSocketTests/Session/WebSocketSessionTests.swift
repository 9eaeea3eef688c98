// A session in whole: what it makes of frames, and what it writes.
import NIOCore
import Testing
import WebSocketFuzzing

@testable import FreshetWebSocket

@Suite struct WebSocketSessionTests {
  @Test(arguments: [1, 2, 3, 7, .max]) func `a conversation is the same however it is cut`(_ pieceBytes: Int) {
    for role in [WebSocketRole.server, .client] {
      var echo = Echo(role)
      echo.receive(
        .text("Hello"), .ping("p"), RawFrame(0x01, "Hel"), .ping("q"), RawFrame(0x80, "lo ü"),
        .binary([UInt8](repeating: 1, count: 70_000)), .pong("r"), .close(1000, "bye"), pieceBytes: pieceBytes)
      #expect(
        echo.events == [
          "text Hello", "ping", "ping", "text Hello ü", "binary of 70000", "pong r", "closed 1000 bye",
        ])
      #expect(
        Set(echo.frames) == ["text Hello", "pong q", "text Hello ü", "binary of 70000", "close 1000"]
          || Set(echo.frames) == ["text Hello", "pong p", "pong q", "text Hello ü", "binary of 70000", "close 1000"])
      #expect(echo.frames.last == "close 1000")
    }
  }

  @Test func `a server has the connection ended after both closes, a client waits for that (W72)`() {
    for (role, ending) in [(WebSocketRole.server, WebSocketSession.Ending.end), (.client, .awaitsEnd)] {
      var echo = Echo(role)
      echo.session.close(.normal, reason: "done")
      #expect(echo.session.ending == .awaitsClose)
      echo.receive(.text("late"), .ping("late"), .close(1000))
      #expect(echo.session.ending == ending)
      #expect(echo.events == ["ping", "closed 1000 "])
    }
  }

  @Test func `a connection that ends without a close has failed with 1006 (W72)`() {
    var echo = Echo()
    echo.receive(.text("a"))
    echo.receiveEnd()
    #expect(echo.events == ["text a", "failed 1006"])
    #expect(echo.frames == ["text a"])
    #expect(echo.session.ending == .end)
  }

  @Test func `compressed messages come back`() {
    for bits in 9...15 {
      for takeover in [false, true] {
        var deflate = DeflateParameters()
        deflate.clientWindowBits = bits
        deflate.clientTakesContextOver = takeover
        deflate.serverWindowBits = bits
        deflate.serverTakesContextOver = takeover
        var client = WebSocketSession(role: .client, deflate: deflate), server = Echo(.server, deflate: deflate)
        let texts = ["", "Hello", String(repeating: "abc", count: 3000), "Hello"]
        for text in texts { try? client.send(ByteBuffer(string: text), as: .text) }
        var wire = ByteBuffer()
        client.writeOutput(into: &wire)
        server.receive(Array(wire.readableBytesView))
        #expect(server.events == ["text ", "text Hello", "text of 9000", "text Hello"])
        server.output.withUnsafeBytes { client.receive($0, now: .now()) }
        var back: [String] = []
        while case .message(.text, let payload)? = client.next() { back.append(String(buffer: payload)) }
        #expect(back == texts)
      }
    }
  }
}
