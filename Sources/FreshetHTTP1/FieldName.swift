// Comparing the bytes of field names.

extension UnsafeRawBufferPointer {
  /// Whether these are the bytes of `text`.
  func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in 0..<count where self[index] != text.utf8Start[index] { return false }
    return true
  }

  /// Calls `body` with the bytes in lower case.
  func lowercased(_ body: (UnsafeRawBufferPointer) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { lower in
      for index in 0..<count {
        let byte = self[index]
        lower[index] = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
      }
      body(UnsafeRawBufferPointer(lower))
    }
  }
}
