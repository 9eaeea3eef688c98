// The mask of what clients send: four bytes that are XORed over the payload (RFC 6455 §5.3).

/// The four bytes in their order on the wire, as a number whose lowest byte is the first.
package struct MaskKey: Sendable, Hashable {
  package var rawValue: UInt32

  package init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// The key for a part of the payload that begins at this offset.
  package func advanced(by offset: Int) -> MaskKey {
    let shift = UInt32(truncatingIfNeeded: offset & 3) &* 8
    return MaskKey(shift == 0 ? rawValue : rawValue &>> shift | rawValue &<< (32 &- shift))
  }
}

/// Applies masks, up to 32 bytes at a time.
package enum Masking {
  /// Copies `source` to `target` with the mask applied, which costs little more than the copy alone. Both may be the
  /// same memory.
  /// - Parameter key: of the first byte.
  package static func copy(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer, key: MaskKey) {
    guard let start = source.baseAddress else { return }
    let count = source.count
    let word = UInt64(littleEndian: UInt64(key.rawValue) | UInt64(key.rawValue) << 32)
    let wide = SIMD4<UInt64>(repeating: word)
    var offset = 0
    while offset &+ 32 <= count {
      let block = (start + offset).loadUnaligned(as: SIMD4<UInt64>.self) ^ wide
      (target + offset).storeBytes(of: block, as: SIMD4<UInt64>.self)
      offset &+= 32
    }
    while offset &+ 8 <= count {
      let block = (start + offset).loadUnaligned(as: UInt64.self) ^ word
      (target + offset).storeBytes(of: block, as: UInt64.self)
      offset &+= 8
    }
    var rest = key.rawValue
    while offset < count {
      let byte = (start + offset).load(as: UInt8.self) ^ UInt8(truncatingIfNeeded: rest)
      (target + offset).storeBytes(of: byte, as: UInt8.self)
      rest = rest &>> 8 | rest &<< 24
      offset &+= 1
    }
  }

  /// Applies the mask in place.
  package static func apply(_ key: MaskKey, to bytes: UnsafeMutableRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    copy(UnsafeRawBufferPointer(bytes), to: start, key: key)
  }
}
