// Compares bytes from the wire with our own text, without making a string of them.

extension UnsafeRawBufferPointer {
  /// Whether these are the bytes of an ASCII text.
  @inlinable
  package func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in 0..<count where self[index] != text.utf8Start[index] { return false }
    return true
  }
}
