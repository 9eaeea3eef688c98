// Random bytes for masks and handshake keys.
import COpenSSL

/// Bytes from OpenSSL's generator, which cannot be predicted.
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
    let answer = RAND_bytes(memory.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(memory.count))
    // Without random bytes no TLS of this process would be safe either.
    precondition(answer == 1, "OpenSSL's generator of random bytes failed (\(answer))")
  }
}
