// Conversations that end after the n-th byte, for every n.
import NIOCore
import Testing

@testable import FreshetWebSocket

@Suite struct CutConversationTests {
  /// What differs between a cut and a whole conversation.
  private func check(_ bytes: [UInt8], _ whole: Echo, _ count: Int, _ make: () -> Echo) {
    var echo = make()
    echo.receive(Array(bytes.prefix(count)))
    let ended = echo.session.ending
    echo.receiveEnd()
    let isOver = echo.events.last.map { $0.hasPrefix("closed") || $0.hasPrefix("failed") } ?? false
    #expect(isOver, "after \(count) bytes nothing says that the connection has ended")
    let isEarly = echo.events.last == "failed 1006"
    #expect(isEarly == (ended == .none), "after \(count) bytes: \(echo.events)")
    let before = isEarly ? Array(echo.events.dropLast()) : echo.events
    #expect(before == Array(whole.events.prefix(before.count)), "after \(count) bytes")
    #expect(echo.frames.allSatisfy { !$0.contains("is not frames") })
    if isEarly { #expect(!echo.frames.contains { $0.hasPrefix("close") }) }
    #expect(echo.session.ending != .none)
    #expect(echo.session.receivedCapacity <= 1 << 17)
  }

  @Test(arguments: Transcript.all.filter { $0.bytes(masked: true).count < 600 })
  func `a conversation cut after any byte ends with what came before, and 1006`(_ transcript: Transcript) {
    for role in [WebSocketRole.server, .client] {
      let bytes = transcript.bytes(masked: role == .server)
      var whole = Echo(role)
      whole.receive(bytes)
      for count in 0...bytes.count { check(bytes, whole, count) { Echo(role) } }
    }
  }

  @Test func `so does a compressed conversation`() throws {
    var client = WebSocketSession(role: .client, deflate: DeflateParameters())
    for text in ["Hello", "", String(repeating: "Hello ", count: 50)] {
      try client.send(ByteBuffer(string: text), as: .text)
    }
    for part in ["a", "b", ""] { try client.sendPart(ByteBuffer(string: part), as: .binary, isLast: part.isEmpty) }
    client.close(.normal)
    var wire = ByteBuffer()
    client.writeOutput(into: &wire)
    let bytes = Array(wire.readableBytesView)
    var whole = Echo(deflate: DeflateParameters())
    whole.receive(bytes)
    #expect(whole.events == ["text Hello", "text ", "text of 300", "binary ab", "closed 1000 "])
    for count in 0...bytes.count { check(bytes, whole, count) { Echo(deflate: DeflateParameters()) } }
  }
}
