// Writes the heads of frames, lengths in the shortest form (RFC 6455 §5.2).

/// The bytes of a head, without memory of their own.
package struct HeadBytes: Sendable, Hashable {
  /// First byte, second byte, eight of length and four of mask.
  package static let maxCount = 14

  private var low: UInt64 = 0
  private var high: UInt64 = 0
  package private(set) var count = 0

  package init(_ head: FrameHead) {
    append(head.opcode.rawValue | (head.isFinal ? 0x80 : 0) | (head.isCompressed ? 0x40 : 0))
    let mask: UInt8 = head.key == nil ? 0 : 0x80
    switch head.payloadBytes {
    case ..<126: append(mask | UInt8(head.payloadBytes))
    case ...0xFFFF:
      append(mask | 126)
      append(UInt64(head.payloadBytes), bytes: 2)
    default:
      append(mask | 127)
      append(UInt64(head.payloadBytes), bytes: 8)
    }
    if let key = head.key { append(UInt64(key.rawValue.byteSwapped), bytes: 4) }
  }

  private mutating func append(_ byte: UInt8) {
    if count < 8 {
      low |= UInt64(byte) &<< UInt64(count &* 8)
    } else {
      high |= UInt64(byte) &<< UInt64((count &- 8) &* 8)
    }
    count &+= 1
  }

  /// The lowest bytes of a number, the highest of them first.
  private mutating func append(_ number: UInt64, bytes: Int) {
    for place in stride(from: bytes &- 1, through: 0, by: -1) {
      append(UInt8(truncatingIfNeeded: number &>> UInt64(place &* 8)))
    }
  }

  /// Copies the bytes in this range.
  package func copy(_ range: Range<Int>, to target: UnsafeMutableRawPointer) {
    withUnsafeBytes(of: (low.littleEndian, high.littleEndian)) { bytes in
      UnsafeMutableRawBufferPointer(start: target, count: range.count)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }
}
