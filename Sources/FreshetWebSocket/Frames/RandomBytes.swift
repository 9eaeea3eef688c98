// Random bytes for masks and handshake keys.

/// Bytes of the system's generator, which cannot be predicted. Not OpenSSL's, which is gone while a process ends, when an
/// event loop may still send a close.
enum RandomBytes {
  static func words(_ count: Int) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: count) { memory, initialized in
      fill(UnsafeMutableRawBufferPointer(memory))
      initialized = count
    }
  }

  static func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { memory, initialized in
      fill(UnsafeMutableRawBufferPointer(memory))
      initialized = count
    }
  }

  private static func fill(_ memory: UnsafeMutableRawBufferPointer) {
    var generator = SystemRandomNumberGenerator()
    for start in stride(from: 0, to: memory.count, by: 8) {
      withUnsafeBytes(of: generator.next() as UInt64) { word in
        let part = UnsafeMutableRawBufferPointer(rebasing: memory[start..<min(start + 8, memory.count)])
        part.copyMemory(from: UnsafeRawBufferPointer(rebasing: word.prefix(part.count)))
      }
    }
  }
}
