// The content of a call's messages: the call, their number and a checksum, which detect lost, duplicated, reordered,
// corrupted and misdirected messages.
import NIOCore
import TestSupport

/// The messages of one direction of a call. Both sides know the length of each.
struct MessagePattern: Sendable {
  enum Direction: UInt64 {
    case request = 1
    case response = 2
  }

  /// The call, its plan, direction and number, and a checksum of these and the rest. A shorter message repeats one
  /// byte.
  static let headerBytes = 32

  let call: UInt64
  let plan: UInt64
  let direction: Direction
  let sizes: MessageSizes

  func message(_ number: Int) -> ByteBuffer {
    let count = sizes.bytes(of: number)
    guard count >= Self.headerBytes else { return ByteBuffer(repeating: shortByte(number), count: count) }
    var message = ByteBufferAllocator().buffer(capacity: count)
    let body = Noise.bytes(count - Self.headerBytes, seed: mixed(call, word(number)))
    let sum = body.withUnsafeBytes { checksum([call, plan, word(number)], $0) }
    message.writeMultipleIntegers(call, plan, word(number), sum)
    message.writeBytes(body)
    return message
  }

  /// What is wrong with the message that arrived with this number; nil if correct.
  func complaint(about message: ByteBuffer, as number: Int) -> String? {
    let count = sizes.bytes(of: number)
    if message.readableBytes == count, isIntact(message, number) { return nil }
    return "as \(direction) \(number), \(count) bytes, came \(message.readableBytes) bytes: \(text(of: message))"
  }

  /// The call and the plan in a message that has a header.
  static func owner(of message: ByteBuffer) -> (call: UInt64, plan: UInt64)? {
    guard message.readableBytes >= headerBytes else { return nil }
    var message = message
    return message.readMultipleIntegers(as: (UInt64, UInt64).self).map { ($0.0, $0.1) }
  }

  private func isIntact(_ message: ByteBuffer, _ number: Int) -> Bool {
    var rest = message
    guard message.readableBytes >= Self.headerBytes else {
      return message.readableBytesView.allSatisfy { $0 == shortByte(number) }
    }
    guard let header = rest.readMultipleIntegers(as: (UInt64, UInt64, UInt64, UInt64).self) else { return false }
    return header.0 == call && header.1 == plan && header.2 == word(number)
      && header.3 == rest.withUnsafeReadableBytes { checksum([header.0, header.1, header.2], $0) }
  }

  private func text(of message: ByteBuffer) -> String {
    var rest = message
    guard let header = rest.readMultipleIntegers(as: (UInt64, UInt64, UInt64, UInt64).self) else {
      return "\(message.readableBytesView.prefix(1))…"
    }
    let isIntact = header.3 == rest.withUnsafeReadableBytes { checksum([header.0, header.1, header.2], $0) }
    guard isIntact else { return "damaged" }
    let direction = Direction(rawValue: header.2 >> 32).map { "\($0)" } ?? "nothing"
    return "\(direction) \(header.2 & 0xFFFF_FFFF) of \(header.0 == call ? "this call" : "call \(header.0)")"
  }

  private func word(_ number: Int) -> UInt64 { direction.rawValue << 32 | UInt64(number) }

  private func shortByte(_ number: Int) -> UInt8 { UInt8(truncatingIfNeeded: mixed(call, word(number))) }

  private func checksum(_ words: [UInt64], _ body: UnsafeRawBufferPointer) -> UInt64 {
    var sum = words.reduce(UInt64(body.count)) { mixed($0, $1) }
    let wordBytes = MemoryLayout<UInt64>.size, whole = body.count / wordBytes * wordBytes
    for offset in stride(from: 0, to: whole, by: wordBytes) {
      sum = (sum ^ body.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x9E37_79B9_7F4A_7C15
      sum ^= sum >> 32
    }
    for byte in body[whole...] { sum = mixed(sum, UInt64(byte)) }
    return sum
  }
}

/// The lengths of the messages of one direction.
struct MessageSizes: Sendable {
  enum Mode: Sendable { case tiny, mixed, large }

  static let maxBytes = 200 * 1024

  let mode: Mode
  let seed: UInt64

  func bytes(of number: Int) -> Int {
    let random = mixed(seed, UInt64(number)), low = Int(random & 0xFFFF_FFFF), high = Int(random >> 32)
    return switch mode {
    case .tiny: low % 65
    case .mixed: high % 16 == 0 ? low % (Self.maxBytes + 1) : low % 4097
    case .large: low % (Self.maxBytes + 1)
    }
  }
}

/// Random bytes, made once; messages are slices of them.
enum Noise {
  private static let all: [UInt8] = {
    var random = SeededRandom(seed: 1)
    return (0..<2 * MessageSizes.maxBytes / 8).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
  }()

  static func bytes(_ count: Int, seed: UInt64) -> ArraySlice<UInt8> {
    let start = Int(seed % UInt64(all.count - count + 1))
    return all[start..<start + count]
  }
}

/// A pseudo-random hash of two numbers.
func mixed(_ first: UInt64, _ second: UInt64) -> UInt64 {
  var random = SeededRandom(seed: first ^ second &* 0xD6E8_FEB8_6659_FD93)
  return random.next()
}
