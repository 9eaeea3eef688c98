// Compressed messages (W77): RFC 7692's examples, blocks that end the stream, bounds, and memory.
import Fuzzing
import NIOCore
import Testing
import WebSocketFuzzing

@testable import FreshetWebSocket

@Suite struct DeflateCodecTests {
  /// What a server makes of compressed payloads.
  private func read(
    _ payloads: [[UInt8]], takeover: Bool = true, windowBits: Int = 15, pieceBytes: Int = .max,
    limits: WebSocketLimits = WebSocketLimits()
  ) -> [String] {
    var deflate = DeflateParameters()
    deflate.clientTakesContextOver = takeover
    deflate.clientWindowBits = windowBits
    var echo = Echo(limits: limits, deflate: deflate)
    echo.receive(payloads.flatMap { RawFrame(0xC1, $0).bytes(masked: true) }, pieceBytes: pieceBytes)
    return echo.events
  }

  private static let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]

  @Test(arguments: [1, 2, .max]) func `RFC 7692's examples are read`(_ pieceBytes: Int) {
    // §7.2.3.2: the second refers to the first.
    #expect(
      read([Self.hello, [0xF2, 0x00, 0x11, 0x00, 0x00]], pieceBytes: pieceBytes) == ["text Hello", "text Hello"])
    // §7.2.3.3: a block that is not compressed.
    #expect(
      read([[0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00]], pieceBytes: pieceBytes) == [
        "text Hello"
      ])
    // §7.2.3.4: a block with BFINAL, and the messages after it.
    #expect(
      read([[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00], Self.hello], pieceBytes: pieceBytes)
        == ["text Hello", "text Hello"])
    // §7.2.3.5: two blocks.
    #expect(
      read([[0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00]], pieceBytes: pieceBytes)
        == ["text Hello"])
    // §7.2.3.6: an empty message.
    #expect(read([[0x00], Self.hello], pieceBytes: pieceBytes) == ["text ", "text Hello"])
  }

  @Test func `a message that ends the stream without the byte behind it is taken, too`() {
    #expect(read([[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], Self.hello]) == ["text Hello", "text Hello"])
  }

  @Test func `several blocks with BFINAL are one message`() {
    let final: [UInt8] = [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
    for pieceBytes in [1, .max] {
      #expect(read([final + final + [0x00], Self.hello], pieceBytes: pieceBytes) == ["text HelloHello", "text Hello"])
    }
  }

  @Test func `a compressed message may be fragmented, with pings between`() {
    var echo = Echo(deflate: DeflateParameters())
    echo.receive(
      RawFrame(0x41, Array(Self.hello[..<3])), .ping("p"), RawFrame(0x80, Array(Self.hello[3...])), .text("plain"))
    #expect(echo.events == ["ping", "text Hello", "text plain"])
  }

  @Test func `RSV1 on a later frame or a control frame is a violation`() {
    for frames in [[RawFrame(0x41, "a"), RawFrame(0xC0, "b")], [RawFrame(0xC9)], [RawFrame(0xC8)]] {
      var echo = Echo(deflate: DeflateParameters())
      echo.receive(frames.flatMap { $0.bytes(masked: true) })
      #expect(echo.events.last == "failed 1002")
    }
  }

  @Test(
    arguments: [
      [0xFF, 0xFF], [0x07], [0xF2, 0x48, 0xCD], [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0xFF, 0x00, 0x12],
    ] as [[UInt8]])
  func `what cannot be decompressed, or is cut short, fails with 1007`(_ payload: [UInt8]) {
    for pieceBytes in [1, .max] { #expect(read([payload], pieceBytes: pieceBytes) == ["failed 1007"]) }
  }

  @Test func `a text that is not UTF-8 once decompressed fails with 1007 before its end`() throws {
    var client = WebSocketSession(role: .client, deflate: DeflateParameters())
    try client.sendPart(ByteBuffer(bytes: Array("κόσμε".utf8) + [0xF4, 0x90]), as: .text, isLast: false)
    var wire = ByteBuffer()
    client.writeOutput(into: &wire)
    var echo = Echo(deflate: DeflateParameters())
    echo.receive(Array(wire.readableBytesView))
    #expect(echo.events == ["failed 1007"])
  }

  @Test func `a bomb of 1000:1 ends at the limit, and its memory with it`() throws {
    for (limit, size) in [(1 << 20, 64 << 20), (1 << 20, (1 << 20) + 1)] {
      var bomb = WebSocketSession(role: .client, deflate: DeflateParameters())
      try bomb.send(ByteBuffer(repeating: 0, count: size), as: .binary)
      var wire = ByteBuffer()
      bomb.writeOutput(into: &wire)
      #expect(wire.readableBytes < size / 900)
      for pieceBytes in [1000, .max] {
        var echo = Echo(limits: WebSocketLimits { $0.maxMessageBytes = limit }, deflate: DeflateParameters())
        var most = 0, rest = Array(wire.readableBytesView)[...]
        while !rest.isEmpty {
          echo.receive(Array(rest.prefix(pieceBytes)))
          rest = rest.dropFirst(pieceBytes)
          most = max(most, echo.session.receivedCapacity)
        }
        #expect(echo.events == ["failed 1009"])
        #expect(most <= 2 << 20)
        #expect(echo.session.receivedCapacity <= 1024)
      }
    }
  }

  @Test func `a message of exactly the limit is taken`() throws {
    var client = WebSocketSession(role: .client, deflate: DeflateParameters())
    try client.send(ByteBuffer(repeating: 0x61, count: 1 << 16), as: .text)
    var wire = ByteBuffer()
    client.writeOutput(into: &wire)
    var echo = Echo(limits: WebSocketLimits { $0.maxMessageBytes = 1 << 16 }, deflate: DeflateParameters())
    echo.receive(Array(wire.readableBytesView))
    #expect(echo.events == ["text of 65536"])
  }

  @Test func `many bombs in one read stop at what may be unread`() throws {
    var bomb = WebSocketSession(role: .client, deflate: DeflateParameters())
    for _ in 0..<50 { try bomb.send(ByteBuffer(repeating: 0, count: 1 << 20), as: .binary) }
    var wire = ByteBuffer(), session = WebSocketSession(role: .server, deflate: DeflateParameters())
    bomb.writeOutput(into: &wire)
    wire.withUnsafeReadableBytes { session.receive($0, now: .uptimeNanoseconds(0)) }
    #expect(session.receivedCapacity < 4 << 20)
    var count = 0
    while case .message(_, let payload)? = session.next() {
      count += 1
      session.giveBack(payload)
    }
    #expect(count == 50)
  }

  @Test func `all windows and both takeovers restore what the other side compressed, in either role`() throws {
    var random = Mutator(seed: 7, words: [])
    for bits in 9...15 {
      for takeover in [true, false] {
        var deflate = DeflateParameters()
        (deflate.clientWindowBits, deflate.serverWindowBits) = (bits, bits)
        (deflate.clientTakesContextOver, deflate.serverTakesContextOver) = (takeover, takeover)
        for role in [WebSocketRole.server, .client] {
          var sender = WebSocketSession(role: role, deflate: deflate)
          var receiver = WebSocketSession(role: role.peer, deflate: deflate)
          for size in [0, 1, 100, 40_000, 0, 300] {
            let message = ByteBuffer(bytes: (0..<size).map { _ in UInt8(random.index(below: 6)) })
            try sender.send(message, as: .binary)
            var wire = ByteBuffer()
            sender.writeOutput(into: &wire)
            wire.withUnsafeReadableBytes { receiver.receive($0, now: .uptimeNanoseconds(0)) }
            #expect(receiver.next() == .message(.binary, message))
          }
        }
      }
    }
  }

  @Test func `a context that is taken over makes repeated messages short`() throws {
    let text = (0..<40).map { "\($0 * 7919 % 1000)" }.joined(separator: ",")
    for takeover in [true, false] {
      var deflate = DeflateParameters()
      deflate.serverTakesContextOver = takeover
      var session = WebSocketSession(role: .server, deflate: deflate)
      try session.send(ByteBuffer(string: text), as: .text)
      let first = session.outputBytes
      try session.send(ByteBuffer(string: text), as: .text)
      #expect((session.outputBytes - first < first / 3) == takeover)
    }
  }

  @Test func `short messages are sent as they are`() throws {
    var session = WebSocketSession(role: .server, deflate: DeflateParameters(), minimumDeflatedBytes: 10)
    try session.send(ByteBuffer(repeating: 0x61, count: 9), as: .text)
    #expect(session.outputBytes == 11)
    try session.send(ByteBuffer(repeating: 0x61, count: 10), as: .text)
    #expect(session.outputBytes < 11 + 10)
  }

  @Test func `zlib's memory is made at first use, and without takeover only lent`() throws {
    let pool = DeflaterPool()
    for takeover in [true, false] {
      let deflater = MessageDeflater(windowBits: 12, takesContextOver: takeover, pool: pool)
      let inflater = MessageInflater(windowBits: 12, takesContextOver: takeover)
      #expect(!deflater.hasContext && !inflater.hasContext)
      let compressed = try deflater.compress(ByteBuffer(string: "Hello"), isLast: true)
      var restored = ByteBuffer()
      try compressed.withUnsafeReadableBytes { try inflater.inflate($0, into: &restored, maxBytes: 100) }
      try inflater.finish(into: &restored, maxBytes: 100)
      #expect(restored == ByteBuffer(string: "Hello"))
      #expect(deflater.hasContext == takeover && inflater.hasContext == takeover)
    }
  }

  @Test func `an empty message is one zero byte, also as the last part`() throws {
    var session = WebSocketSession(role: .server, deflate: DeflateParameters()), output = ByteBuffer()
    try session.send(ByteBuffer(), as: .text)
    session.writeOutput(into: &output)
    #expect(Array(output.readableBytesView) == [0xC1, 1, 0])
  }
}
