// Checks that text is UTF-8 as its bytes arrive, and finds the first byte that cannot belong to any text.

/// Keeps its state between reads, since a code point may be cut anywhere (W69). Over-long forms, surrogates and numbers
/// above U+10FFFF are refused by the range of the second byte (Unicode, table 3-7), so the first impossible byte is
/// found, not the end of its code point.
package struct UTF8Validator: Sendable {
  /// How many bytes of the code point are missing.
  private var missing: UInt8 = 0
  /// How many bytes of an incomplete code point were seen.
  private var seen: UInt8 = 0
  /// The range of the next byte.
  private var low: UInt8 = 0x80
  private var high: UInt8 = 0xBF

  package init() {}

  /// Whether the text may end here.
  package var isComplete: Bool { missing == 0 }

  /// How many of the last bytes belong to a code point that is not complete.
  package var cutBytes: Int { missing == 0 ? 0 : Int(seen) }

  /// Takes the next bytes of the text.
  /// - Returns: the offset of the first impossible byte; nil if all is well so far.
  package mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let start = bytes.baseAddress else { return nil }
    let count = bytes.count
    var offset = 0
    while true {
      while missing > 0 {
        if offset == count { return nil }
        let byte = (start + offset).load(as: UInt8.self)
        if byte < low || byte > high { return offset }
        (low, high) = (0x80, 0xBF)
        missing &-= 1
        seen &+= 1
        offset &+= 1
      }
      offset = Self.skipASCII(start, offset, count)
      if offset == count { return nil }
      if !begin((start + offset).load(as: UInt8.self)) { return offset }
      offset &+= 1
    }
  }

  /// The offset of the first byte that is not ASCII, 32 and then 8 bytes at a time.
  @inline(__always)
  private static func skipASCII(_ start: UnsafeRawPointer, _ from: Int, _ count: Int) -> Int {
    let mask: UInt64 = 0x8080_8080_8080_8080
    var offset = from
    while offset &+ 32 <= count {
      let block = (start + offset).loadUnaligned(as: SIMD4<UInt64>.self)
      if (block[0] | block[1] | block[2] | block[3]) & mask != 0 { break }
      offset &+= 32
    }
    while offset &+ 8 <= count {
      let word = UInt64(littleEndian: (start + offset).loadUnaligned(as: UInt64.self)) & mask
      if word != 0 { return offset &+ word.trailingZeroBitCount / 8 }
      offset &+= 8
    }
    while offset < count, (start + offset).load(as: UInt8.self) < 0x80 { offset &+= 1 }
    return offset
  }

  /// The first byte of a code point that has several.
  @inline(__always)
  private mutating func begin(_ byte: UInt8) -> Bool {
    seen = 1
    switch byte {
    case 0xC2...0xDF: missing = 1
    case 0xE0: (missing, low) = (2, 0xA0)
    case 0xED: (missing, high) = (2, 0x9F)
    case 0xE1...0xEF: missing = 2
    case 0xF0: (missing, low) = (3, 0x90)
    case 0xF1...0xF3: missing = 3
    case 0xF4: (missing, high) = (3, 0x8F)
    default: return false
    }
    return true
  }
}
