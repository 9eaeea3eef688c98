// Searches encoded fields for one that is already set.

enum WireReader {
  /// Whether the last field of `path` is set in `bytes`, inside messages that are also set there.
  static func contains(_ path: ArraySlice<FieldSchema>, in bytes: ArraySlice<UInt8>) -> Bool {
    guard let field = path.first else { return false }
    var reader = Reader(rest: bytes)
    while let (number, content) = reader.next() {
      guard number == field.number else { continue }
      if path.count == 1 || contains(path.dropFirst(), in: content) { return true }
    }
    return false
  }

  /// Iterates over the fields of well-formed bytes; ends at malformed ones.
  struct Reader {
    var rest: ArraySlice<UInt8>

    /// The next field's number, and its content if it is a message.
    mutating func next() -> (number: Int32, content: ArraySlice<UInt8>)? {
      guard let tag = varint() else { return nil }
      let number = Int32(truncatingIfNeeded: tag >> 3)
      switch tag & 7 {
      case 0:
        _ = varint()
        return (number, [])
      case 1: return (number, take(8))
      case 2: return (number, take(Int(clamping: varint() ?? 0)))
      case 5: return (number, take(4))
      case 3:
        let whole = rest
        while let inner = varint(peeking: true), inner & 7 != 4 { if next() == nil { return nil } }
        let content = whole[whole.startIndex..<rest.startIndex]
        _ = varint()
        return (number, content)
      default: return nil
      }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
      let content = rest.prefix(count)
      rest = rest.dropFirst(count)
      return content
    }

    private mutating func varint(peeking: Bool = false) -> UInt64? {
      var value: UInt64 = 0
      for (index, byte) in rest.prefix(10).enumerated() {
        value |= UInt64(byte & 0x7F) << UInt64(7 * index)
        if byte & 0x80 == 0 {
          if !peeking { rest = rest.dropFirst(index + 1) }
          return value
        }
      }
      return nil
    }
  }
}
