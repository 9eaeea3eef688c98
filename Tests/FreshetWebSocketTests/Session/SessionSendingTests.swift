// What a session writes, and in which order.
import Fuzzing
import NIOCore
import Testing
import WebSocketFuzzing

@testable import FreshetWebSocket

@Suite struct SessionSendingTests {
  private func frames(_ session: inout WebSocketSession, maxBytes: Int = .max) -> [String] {
    var output: [UInt8] = []
    while session.hasOutput {
      var buffer = ByteBuffer()
      session.writeOutput(into: &buffer, maxBytes: maxBytes)
      output += Array(buffer.readableBytesView)
    }
    return RawFrame.all(in: output, masked: session.role == .client)?.map(\.description) ?? ["not frames"]
  }

  @Test(arguments: [1, 2, 3, 7, .max]) func `output is the same however it is taken`(_ maxBytes: Int) throws {
    for role in [WebSocketRole.server, .client] {
      var session = WebSocketSession(role: role)
      try session.send(ByteBuffer(string: "Hello"), as: .text)
      try session.send(ByteBuffer(repeating: 1, count: 70_000), as: .binary)
      try session.sendPart(ByteBuffer(string: "a"), as: .text, isLast: false)
      try session.sendPart(ByteBuffer(), as: .text, isLast: false)
      try session.sendPart(ByteBuffer(string: "b"), as: .text, isLast: true)
      try session.sendPart(ByteBuffer(), as: .binary, isLast: true)
      session.close(.goingAway, reason: "bye")
      #expect(session.outputBytes > 70_000)
      #expect(
        frames(&session, maxBytes: maxBytes) == [
          "text Hello", "binary of 70000", "text… a", "continuation b", "binary ", "close 1001",
        ])
      #expect(session.outputBytes == 0)
    }
  }

  @Test func `a client masks each frame with a fresh key, a server none`() throws {
    var client = WebSocketSession(role: .client), buffer = ByteBuffer()
    for _ in 0..<3 { try client.send(ByteBuffer(string: "same"), as: .text) }
    client.writeOutput(into: &buffer)
    let frames = (0..<3).map { Array(buffer.getBytes(at: $0 * 10, length: 10) ?? []) }
    #expect(Set(frames.map { Array($0[2..<6]) }).count == 3)
    #expect(frames.allSatisfy { $0[1] & 0x80 != 0 })
  }

  @Test func `pongs and pings go ahead of queued messages, at the next border between frames (W70)`() throws {
    var session = WebSocketSession(role: .server)
    try session.send(ByteBuffer(string: "first"), as: .text)
    try session.send(ByteBuffer(string: "second"), as: .text)
    var output = ByteBuffer()
    session.writeOutput(into: &output, maxBytes: 4)
    RawFrame.ping("now").bytes(masked: true).withUnsafeBytes { session.receive($0, now: .uptimeNanoseconds(0)) }
    try session.ping(ByteBuffer(string: "a"))
    try session.ping(ByteBuffer(string: "b"))
    session.writeOutput(into: &output)
    #expect(
      RawFrame.all(in: Array(output.readableBytesView), masked: false)?.map(\.description)
        == ["text first", "pong now", "ping b", "text second"])
  }

  @Test func `of many waiting pongs the last ones remain`() {
    var session = WebSocketSession(role: .server)
    let pings = (0..<100).flatMap { RawFrame.ping("\($0)").bytes(masked: true) }
    pings.withUnsafeBytes { session.receive($0, now: .uptimeNanoseconds(0)) }
    #expect(frames(&session) == (84..<100).map { "pong \($0)" })
  }

  @Test func `nothing is sent after this side's close (W72)`() {
    var session = WebSocketSession(role: .server)
    session.close(.goingAway)
    session.close(.internalError)
    #expect(throws: WebSocketError.self) { try session.send(ByteBuffer(string: "a"), as: .text) }
    #expect(throws: WebSocketError.self) { try session.sendPart(ByteBuffer(string: "a"), as: .text, isLast: true) }
    #expect(throws: WebSocketError.self) { try session.ping(ByteBuffer()) }
    #expect(frames(&session) == ["close 1001"])
    RawFrame.ping("late").bytes(masked: true).withUnsafeBytes { session.receive($0, now: .uptimeNanoseconds(0)) }
    #expect(frames(&session) == [])
  }

  @Test func `a ping is answered while the close still waits behind messages`() throws {
    var session = WebSocketSession(role: .server)
    try session.send(ByteBuffer(string: "queued"), as: .text)
    session.close()
    RawFrame.ping("p").bytes(masked: true).withUnsafeBytes { session.receive($0, now: .uptimeNanoseconds(0)) }
    #expect(frames(&session) == ["pong p", "text queued", "close 1000"])
  }

  @Test func `messages may be sent after the peer's close until it is answered, and an unfinished one is gone`() throws
  {
    var session = WebSocketSession(role: .server)
    try session.sendPart(ByteBuffer(string: "half"), as: .text, isLast: false)
    RawFrame.close(4321, "bye").bytes(masked: true).withUnsafeBytes { session.receive($0, now: .uptimeNanoseconds(0)) }
    #expect(session.next() == .closed(CloseFrame(CloseCode(rawValue: 4321), reason: "bye")))
    #expect(session.ending == .none)
    try session.sendPart(ByteBuffer(string: "more"), as: .text, isLast: false)
    session.close(.normal)
    #expect(session.ending == .end)
    #expect(frames(&session) == ["text… half", "continuation… more", "close 4321"])
  }

  @Test func `an error's message fits into a close`() throws {
    var echo = Echo(limits: WebSocketLimits { $0.maxMessageBytes = 1 })
    echo.receive(.text("aaaaaa"))
    let frame = try #require(RawFrame.all(in: echo.output, masked: false)?.last)
    #expect(frame.payload.count <= 125)
    #expect(String(validating: frame.payload.dropFirst(2), as: UTF8.self)?.contains("maxMessageBytes") == true)
  }

  @Test func `a sent message shares its memory until it is written`() throws {
    var sessions = (0..<100).map { _ in WebSocketSession(role: .server) }
    let message = ByteBuffer(repeating: 1, count: 1 << 20)
    for index in sessions.indices { try sessions[index].send(message, as: .binary) }
    for index in sessions.indices {
      var buffer = ByteBuffer()
      sessions[index].writeOutput(into: &buffer)
      #expect(buffer.readableBytes == (1 << 20) + 10)
    }
  }
}
