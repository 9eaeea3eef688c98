// Messages from bytes, however the bytes are split, and what is refused.
import FreshetCore
import NIOCore
import TestSupport
import Testing

@Suite("MessageDeframer")
struct MessageDeframerTests {
  private typealias Message = MessageDeframer.Message

  private static let messages = [
    Message(isCompressed: false, payload: ByteBuffer()),
    Message(isCompressed: false, payload: ByteBuffer(bytes: [1])),
    Message(isCompressed: true, payload: ByteBuffer(bytes: [0, 0, 0, 0, 1, 2])),
    Message(isCompressed: true, payload: ByteBuffer()),
    Message(isCompressed: false, payload: ByteBuffer(bytes: (0..<40).map { UInt8($0) })),
    Message(isCompressed: false, payload: ByteBuffer(bytes: [9, 9])),
  ]
  private static let transcript = wire(messages)

  private static func wire(_ messages: [Message]) -> [UInt8] {
    messages.flatMap { framed($0.payload.array, flag: $0.isCompressed ? 1 : 0) }
  }

  @Test func `S7: a transcript split into three at any two places gives the same messages`() throws {
    let bytes = MessageDeframerTests.transcript
    for first in 0...bytes.count {
      for second in first...bytes.count {
        var deframer = MessageDeframer(maxMessageBytes: 40)
        var messages: [Message] = []
        for part in [bytes[..<first], bytes[first..<second], bytes[second...]] {
          deframer.append(part)
          messages += try deframer.drain()
        }
        try deframer.finish()
        if messages != MessageDeframerTests.messages { Issue.record("split at \(first) and \(second): \(messages)") }
      }
    }
  }

  @Test func `S7: byte by byte, a message comes out with its last byte and not before`() throws {
    var deframer = MessageDeframer(maxMessageBytes: 40)
    var ends: [Int] = []
    for (index, byte) in MessageDeframerTests.transcript.enumerated() {
      deframer.append([byte])
      while try deframer.next() != nil { ends.append(index + 1) }
    }
    var sum = 0
    #expect(
      ends
        == MessageDeframerTests.messages.map {
          sum += 5 + $0.payload.readableBytes; return sum
        })
  }

  @Test func `S7: random chunks, and appends and reads in any order, give the same messages`() throws {
    var random = SeededRandom.forTest("MessageDeframer.randomChunks")
    for _ in 0..<100 {
      let mostBytes = [1, 7, 100, 5000, 100_000].randomElement(using: &random)!
      let sent = (0..<Int.random(in: 1...40, using: &random)).map { _ in
        let length = Int.random(in: 0...min(9000, [8, mostBytes * 5].randomElement(using: &random)!), using: &random)
        let bytes = [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: length)
        return Message(isCompressed: Bool.random(using: &random), payload: ByteBuffer(bytes: bytes))
      }
      var rest = MessageDeframerTests.wire(sent)[...]
      // Retained messages share memory with later data; released ones do not.
      var received: [[UInt8]] = []
      var held: [Message] = []
      var deframer = MessageDeframer(maxMessageBytes: 9000)
      while true {
        if Bool.random(using: &random) {
          if rest.isEmpty, deframer.bufferedBytes == 0 { break }
          let count = min(rest.count, Int.random(in: 1...mostBytes, using: &random))
          deframer.append(rest.prefix(count))
          rest = rest.dropFirst(count)
        } else {
          for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard let message = try deframer.next() else { break }
            received.append(framed(message.payload.array, flag: message.isCompressed ? 1 : 0))
            if Bool.random(using: &random) { held.append(message) }
            if held.count > 5 { held.removeAll() }
          }
        }
      }
      #expect(received == sent.map { framed($0.payload.array, flag: $0.isCompressed ? 1 : 0) })
      #expect(!deframer.hasPartialMessage)
      try deframer.finish()
    }
  }

  @Test func `Returned messages keep their bytes while more arrive`() throws {
    var deframer = MessageDeframer(maxMessageBytes: 1000)
    var held: [Message] = []
    for round in 0..<50 {
      let payload = [UInt8](repeating: UInt8(round), count: 20)
      // One message, the start of the next; then the rest of that, with the first one still retained.
      deframer.append(framed(payload) + framed(payload).prefix(11))
      held += try deframer.drain()
      deframer.append(framed(payload).dropFirst(11))
      held += try deframer.drain()
    }
    #expect(held.map(\.payload.array) == (0..<100).map { [UInt8](repeating: UInt8($0 / 2), count: 20) })
  }

  @Test func `A backlog that is read slowly while more arrives stays in order`() throws {
    var deframer = MessageDeframer(maxMessageBytes: 1000)
    var received: [UInt8] = []
    for round in 0..<100 {
      for part in 0..<2 { deframer.append(framed([UInt8(round), UInt8(part)])) }
      received += try deframer.next()!.payload.array
    }
    while let message = try deframer.next() { received += message.payload.array }
    #expect(received == (0..<100).flatMap { [UInt8($0), 0, UInt8($0), 1] })
  }

  @Test func `The memory of several messages from one append is one piece, without a copy for each`() throws {
    var deframer = MessageDeframer(maxMessageBytes: 1000)
    deframer.append(framed([1, 2]) + framed([3, 4]) + framed([5]))
    let messages = try deframer.drain()
    let addresses = messages.compactMap(\.payload.address)
    #expect(addresses[1] - addresses[0] == 7 && addresses[2] - addresses[1] == 7)
  }

  @Test(.timeLimit(.minutes(1)))
  func `Two hundred thousand messages in one append take linear time`() throws {
    let count = 200_000
    var deframer = MessageDeframer(maxMessageBytes: 10)
    deframer.append([[UInt8]](repeating: framed([1]), count: count).flatMap { $0 })
    var seen = 0
    while try deframer.next() != nil { seen += 1 }
    #expect(seen == count)
  }

  @Test(.timeLimit(.minutes(1)))
  func `A megabyte backlog, retained and read one by one as more arrives, takes linear time`() throws {
    var deframer = MessageDeframer(maxMessageBytes: 100)
    deframer.append([[UInt8]](repeating: framed([1]), count: 200_000).flatMap { $0 })
    var held: [Message] = []
    for _ in 0..<20_000 {
      held.append(try deframer.next()!)
      deframer.append(framed([2]))
    }
    #expect(deframer.bufferedBytes == 200_000 * 6)
  }

  @Test func `S13: a length beyond the limit is refused from the prefix alone, and the setting is named`() throws {
    for announced: [UInt8] in [[0, 0, 0, 0, 11], [0, 0xFF, 0xFF, 0xFF, 0xFF], [1, 0x80, 0, 0, 0]] {
      var deframer = MessageDeframer(maxMessageBytes: 10)
      deframer.append(framed([1]) + announced)
      #expect(try deframer.next()?.payload.array == [1])
      for _ in 0..<2 {
        let error = rpcError { () throws(RPCError) in try deframer.next() }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message.contains("10 bytes (maxReceiveMessageBytes)") == true)
      }
    }
  }

  @Test func `A message of exactly the limit passes`() throws {
    var deframer = MessageDeframer(maxMessageBytes: 10)
    deframer.append(framed(Array(0..<10)))
    #expect(try deframer.next()?.payload.array == Array(0..<10))
  }

  @Test func `Without a limit, messages larger than a buffer are still refused`() {
    var deframer = MessageDeframer(maxMessageBytes: .max)
    deframer.append([0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3])
    #expect(rpcError { () throws(RPCError) in try deframer.next() }?.code == .resourceExhausted)
  }

  // ByteBuffer rounds capacities up to powers of two.
  private static let mostBytesOnTrust = 128 << 10

  @Test(arguments: [1 << 30, 4 << 20, 65_537])
  func `An announced length takes 64 KiB at most before it arrives`(announced: UInt32) throws {
    var deframer = MessageDeframer(maxMessageBytes: 1 << 30)
    let prefix = [0] + withUnsafeBytes(of: announced.bigEndian) { Array($0) }
    deframer.append(framed([1, 2]) + prefix)  // after a message, before one, and split
    #expect(try deframer.next()?.payload.readableBytes == 2)
    deframer.append([9])
    #expect(try deframer.next() == nil)
    #expect(deframer.capacityBytes <= MessageDeframerTests.mostBytesOnTrust)
    deframer.append([UInt8](repeating: 0, count: 1000))
    #expect(try deframer.next() == nil)
    #expect(deframer.bufferedBytes == 1006 && deframer.hasPartialMessage)
    #expect(deframer.capacityBytes <= MessageDeframerTests.mostBytesOnTrust)
  }

  @Test(
    arguments: [1, 5, 777, 16_384])
  func `The memory of a large message is at most twice what arrived, and doubles`(chunk: Int) throws {
    var deframer = MessageDeframer(maxMessageBytes: 4 << 20)
    let payload = [UInt8](repeating: 7, count: chunk < 777 ? 300_000 : 4 << 20)
    var rest = framed(payload)[...], growths = 0, capacity = 0
    while !rest.isEmpty {
      deframer.append(rest.prefix(chunk))
      rest = rest.dropFirst(chunk)
      if deframer.capacityBytes != capacity { growths += 1 }
      capacity = deframer.capacityBytes
      #expect(capacity <= max(MessageDeframerTests.mostBytesOnTrust, 2 * deframer.bufferedBytes))
    }
    #expect(try deframer.next()?.payload.array == payload)
    #expect(growths <= 8)
  }

  @Test(arguments: [5, 1_000, 16_384, 65_541])
  func `A message of 64 KiB is never moved, however it is split`(chunk: Int) throws {
    var deframer = MessageDeframer(maxMessageBytes: 4 << 20)
    let wire = framed([UInt8](repeating: 7, count: 65_536))
    deframer.append(wire.prefix(chunk))
    let capacity = deframer.capacityBytes
    for start in stride(from: chunk, to: wire.count, by: chunk) { deframer.append(wire[start...].prefix(chunk)) }
    #expect(deframer.capacityBytes == capacity)
    #expect(try deframer.next()?.payload.readableBytes == 65_536)
  }

  @Test(arguments: [2, 0x80, 0xFF] as [UInt8])
  func `A flag byte that is neither 0 nor 1 is INTERNAL`(flag: UInt8) {
    var deframer = MessageDeframer(maxMessageBytes: 10)
    deframer.append(framed([1], flag: flag))
    let error = rpcError { () throws(RPCError) in try deframer.next() }
    #expect(error?.code == .internal && error?.message.contains("\(flag)") == true)
  }

  @Test func `S7: a stream that ends inside a message is INTERNAL with the received length, at every position`() throws
  {
    let bytes = framed([1, 2, 3, 4])
    for count in 0...bytes.count {
      var deframer = MessageDeframer(maxMessageBytes: 10)
      deframer.append(bytes.prefix(count))
      _ = try deframer.next()
      let error = rpcError { () throws(RPCError) in try deframer.finish() }
      #expect(deframer.hasPartialMessage == (1..<bytes.count).contains(count))
      switch count {
      case 0, bytes.count: #expect(error == nil)
      case 1..<5: #expect(error?.message.contains("\(count) of 5 bytes") == true)
      default: #expect(error?.message.contains("\(count - 5) of 4 bytes") == true)
      }
      if let error { #expect(error.code == .internal) }
    }
  }

  // MARK: One message without a prefix

  @Test(arguments: [0, 1, 5, 40], [true, false])
  func `A stream that is one message gives it at its end, however it is split`(count: Int, isCompressed: Bool) throws {
    let payload = (0..<count).map { UInt8($0) }
    for split in 0...count {
      var deframer = MessageDeframer(maxMessageBytes: 40)
      for part in [payload[..<split], payload[split...]] {
        try deframer.appendWhole(Array(part))
        #expect(try deframer.next() == nil)
      }
      deframer.finishWhole(isCompressed: isCompressed)
      let message = try deframer.next()
      // What is empty is never compressed (web.md W30).
      #expect(message == Message(isCompressed: isCompressed && count > 0, payload: ByteBuffer(bytes: payload)))
      #expect(try deframer.next() == nil && deframer.bufferedBytes == 0)
      try deframer.finish()
    }
  }

  @Test func `A stream that is one message without a byte gives the empty message`() throws {
    var deframer = MessageDeframer(maxMessageBytes: 0)
    deframer.finishWhole(isCompressed: true)
    #expect(try deframer.next() == Message(isCompressed: false, payload: ByteBuffer()))
    #expect(try deframer.next() == nil)
  }

  @Test func `S13: a stream that is one message beyond the limit is refused with the byte that exceeds it`() throws {
    var deframer = MessageDeframer(maxMessageBytes: 3)
    try deframer.appendWhole([1, 2, 3])
    let error = #expect(throws: RPCError.self) { try deframer.appendWhole([4]) }
    #expect(error?.code == .resourceExhausted && error?.message.contains("maxReceiveMessageBytes") == true)
  }

  @Test func `The flag that marks a growing message is still refused from a peer`() {
    var deframer = MessageDeframer(maxMessageBytes: 40)
    deframer.append([0xFF, 0, 0, 0, 0])
    #expect(rpcError { () throws(RPCError) in _ = try deframer.next() }?.code == .internal)
  }

  @Test func `An empty append has no effect`() throws {
    var deframer = MessageDeframer(maxMessageBytes: 10)
    deframer.append([])
    #expect(try deframer.next() == nil && !deframer.hasPartialMessage && deframer.bufferedBytes == 0)
    try deframer.finish()
  }
}

extension MessageDeframer {
  fileprivate mutating func appendWhole(_ bytes: [UInt8]) throws {
    try ByteBuffer(bytes: bytes).withUnsafeReadableBytes { try appendWhole($0) }
  }
}
