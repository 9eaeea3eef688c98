// Compares bytes with bytes, eight at a time.

extension UnsafeRawBufferPointer {
  /// Whether these are the same bytes.
  @inlinable
  package func equals(_ other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    if count >= 8 {
      var offset = 0
      while offset < count - 8 {
        if !equals(other, at: offset, as: UInt64.self) { return false }
        offset += 8
      }
      return equals(other, at: count - 8, as: UInt64.self)  // may overlap bytes that were already compared
    }
    if count >= 4 { return equals(other, at: 0, as: UInt32.self) && equals(other, at: count - 4, as: UInt32.self) }
    for index in 0..<count where self[index] != other[index] { return false }
    return true
  }

  @inlinable
  package func equals<Word: FixedWidthInteger & BitwiseCopyable>(
    _ other: UnsafeRawBufferPointer, at offset: Int, as word: Word.Type
  ) -> Bool {
    loadUnaligned(fromByteOffset: offset, as: word) == other.loadUnaligned(fromByteOffset: offset, as: word)
  }
}
