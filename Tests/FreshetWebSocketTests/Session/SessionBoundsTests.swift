// What a peer may send, and what is held of it (W74).
import NIOCore
import Testing
import WebSocketFuzzing

@testable import FreshetWebSocket

@Suite struct SessionBoundsTests {
  /// The error that ended the session, and the reason that its close gave.
  private func fault(_ echo: Echo) -> (code: CloseCode, setting: String)? {
    guard case .failed(let error) = echo.session.closeState else { return nil }
    #expect(echo.frames.last == "close \(error.code)")
    let setting = error.message.split(separator: "(").last?.dropLast() ?? ""
    #expect(echo.output.suffix(123).contains(sequence: Array(setting.utf8)), "the close does not name \(setting)")
    return (error.code, String(setting))
  }

  @Test func `a declared length is refused before anything is allocated`() {
    let declared: [[UInt8]] = [
      [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0],  // 2⁶³ − 1
      [0x82, 0xFF, 0, 0, 0, 0, 0, 0x40, 0, 1, 0, 0, 0, 0],  // 4 MiB and one
    ]
    for head in declared {
      var echo = Echo()
      echo.receive(head)
      #expect(fault(echo).map { $0 == (.messageTooBig, "maxMessageBytes") } == true)
      #expect(echo.session.receivedCapacity < 1024)
    }
    var echo = Echo()
    echo.receive([0x82, 0xFF, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0])
    #expect(echo.events == [])
    #expect(echo.session.receivedCapacity <= 64 << 10)
  }

  @Test func `a length of 2^63 is a violation`() {
    var echo = Echo()
    echo.receive([0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0])
    #expect(echo.events == ["failed 1002"])
  }

  @Test func `fragments count together towards the limit`() {
    let limits = WebSocketLimits { $0.maxMessageBytes = 10 }
    var echo = Echo(limits: limits)
    echo.receive(RawFrame(0x01, "12345"), RawFrame(0x80, "67890"))
    #expect(echo.events == ["text 1234567890"])
    echo.receive(RawFrame(0x01, "12345"), RawFrame(0x00, "67890"), RawFrame(0x80, "1"))
    #expect(fault(echo).map { $0 == (.messageTooBig, "maxMessageBytes") } == true)
  }

  @Test func `a million empty fragments end at the limit of fragments`() {
    var echo = Echo()
    echo.receive(RawFrame(0x01))
    let empty = RawFrame(0x00).bytes(masked: true)
    var count = 0
    while echo.session.ending == .none, count < 1_000_000 {
      echo.receive(empty)
      count += 1
    }
    #expect(count == 1024)
    #expect(fault(echo).map { $0 == (.messageTooBig, "maxFragments") } == true)
  }

  @Test func `65,536 fragments of 64 bytes are one message (Autobahn 9.3.1)`() {
    var echo = Echo(), bytes = RawFrame(0x02, [UInt8](repeating: 1, count: 64)).bytes(masked: true)
    let next = RawFrame(0x00, [UInt8](repeating: 1, count: 64)).bytes(masked: true)
    for _ in 1..<65_536 { bytes += next }
    echo.echoes = false
    echo.receive(bytes, pieceBytes: 1 << 16)
    echo.receive(RawFrame(0x80))
    #expect(echo.events == ["binary of 4194304"])
  }

  @Test(arguments: [RawFrame.ping("x"), .pong(), .text(""), .binary([])])
  func `frames that carry nothing end at their budget`(_ frame: RawFrame) {
    let limits = WebSocketLimits {
      $0.frameBurst = 100
      $0.framesPerSecond = 10
    }
    var echo = Echo(limits: limits)
    echo.echoes = false
    for _ in 0..<100 { echo.receive(frame) }
    #expect(echo.session.ending == .none)
    echo.now = echo.now + .seconds(1)
    for _ in 0..<10 { echo.receive(frame) }
    #expect(echo.session.ending == .none)
    echo.receive(frame)
    #expect(fault(echo).map { $0 == (.policyViolation, "frameBurst") } == true)
  }

  @Test func `frames sent to the peer, and frames with a payload, earn some of those`() {
    let limits = WebSocketLimits { $0.frameBurst = 10 }
    var echo = Echo(limits: limits)
    for _ in 0..<1000 { echo.receive(.text("")) }  // each is echoed
    echo.echoes = false
    for _ in 0..<1000 { echo.receive(.ping(), .text("a")) }
    #expect(echo.session.ending == .none)
  }

  @Test func `unread messages stop reading, and what was read already waits as bytes`() {
    let limits = WebSocketLimits { $0.maxUnreadBytes = 1000 }
    var session = WebSocketSession(role: .server, limits: limits)
    let frame = RawFrame.binary([UInt8](repeating: 1, count: 436)).bytes(masked: true)
    let bytes = frame + frame + frame + RawFrame.ping("late").bytes(masked: true) + frame
    bytes.withUnsafeBytes { session.receive($0, now: .uptimeNanoseconds(0)) }
    var messages: [ByteBuffer] = []
    func take() -> [WebSocketEvent] {
      var others: [WebSocketEvent] = []
      while let event = session.next() {
        if case .message(_, let payload) = event { messages.append(payload) } else { others.append(event) }
      }
      return others
    }
    #expect(take() == [])
    #expect(messages.count == 2)  // 500 each, with the overhead
    #expect(session.unreadBytes == 1000)
    #expect(!session.isReadWanted)
    session.giveBack(messages[0])
    #expect(take() == [])
    #expect(messages.count == 3)
    #expect(!session.isReadWanted)
    session.giveBack(messages[1])
    session.giveBack(messages[2])
    #expect(take() == [.ping])
    #expect(messages.count == 4)
    #expect(session.isReadWanted)
    #expect(session.unreadBytes == 500)
  }

  @Test func `the connection's end waits behind bytes that wait`() {
    let limits = WebSocketLimits { $0.maxUnreadBytes = 1 }
    for frames in [[RawFrame.text("a"), .text("b")], [.text("a"), .text("b"), .close(4000)]] {
      var echo = Echo(limits: limits)
      echo.reads = false
      echo.receive(frames.flatMap { $0.bytes(masked: true) })
      echo.receiveEnd()
      #expect(echo.events == ["text a"])
      echo.session.giveBack(ByteBuffer(string: "a"))
      echo.handle()
      #expect(echo.events.prefix(2) == ["text a", "text b"])
      echo.session.giveBack(ByteBuffer(string: "b"))
      echo.handle()
      #expect(echo.events.last == (frames.count == 3 ? "closed 4000 " : "failed 1006"))
    }
  }

  @Test func `an idle session holds hardly any memory`() {
    var echo = Echo()
    for size in [10, 100_000, 10, 1000, 2_000_000, 10] {
      echo.receive(.binary([UInt8](repeating: 1, count: size)))
      echo.receive(.ping())
    }
    #expect(echo.session.receivedCapacity <= 1024)
  }

  @Test func `this side's close gives up the message that is arriving, and drops the rest of it`() {
    for deflate in [nil, DeflateParameters()] {
      var echo = Echo(deflate: deflate)
      echo.receive(RawFrame(0x02, [UInt8](repeating: 1, count: 100_000)))
      echo.session.close()
      #expect(echo.session.receivedCapacity <= 1024)
      echo.receive(RawFrame(0x00, [UInt8](repeating: 1, count: 100_000)), RawFrame(0x80, "x"), .text("y"), .close())
      #expect(echo.events == ["closed 1000 "])
      #expect(echo.session.receivedCapacity <= 1024)
    }
  }

  @Test func `a limit out of its range is refused with its name`() {
    let wrong: [(String, (inout WebSocketLimits) -> Void)] = [
      ("maxMessageBytes", { $0.maxMessageBytes = 0 }), ("maxMessageBytes", { $0.maxMessageBytes = 1 << 31 }),
      ("maxFragments", { $0.maxFragments = 0 }), ("maxUnreadBytes", { $0.maxUnreadBytes = 0 }),
      ("frameBurst", { $0.frameBurst = 0 }), ("framesPerSecond", { $0.framesPerSecond = -1 }),
      ("framesPerSentFrame", { $0.framesPerSentFrame = -1 }),
    ]
    for (name, change) in wrong {
      let error = #expect(throws: WebSocketError.self) { try WebSocketLimits(change).validate() }
      #expect(error?.message.hasPrefix("\(name) is ") == true)
    }
    #expect(throws: Never.self) { try WebSocketLimits().validate() }
  }
}

extension Collection where Element: Equatable {
  fileprivate func contains(sequence: [Element]) -> Bool {
    indices.contains { self[$0...].starts(with: sequence) }
  }
}
