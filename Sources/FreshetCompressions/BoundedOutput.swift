// The result of a decompression, as it grows.
import FreshetCore
import NIOCore

/// Grows with what is decompressed, whatever size the compressed message claims, and stops at the bound.
struct BoundedOutput {
  private(set) var message: ByteBuffer
  private let maxBytes: Int

  init(compressedBytes: Int, maxBytes: Int) {
    self.maxBytes = max(0, min(maxBytes, Int(Int32.max) - 1))
    message = ByteBufferAllocator().buffer(capacity: min(self.maxBytes + 1, max(256, compressedBytes * 4)))
  }

  /// Has the library write into free space; one byte more than allowed distinguishes "exactly the limit" from "beyond
  /// it".
  /// - Throws: `RESOURCE_EXHAUSTED` beyond the bound.
  mutating func write(_ write: (UnsafeMutableRawBufferPointer) -> Int) throws(RPCError) {
    let allowed = maxBytes + 1 - message.readableBytes
    message.writeWithUnsafeMutableBytes(minimumWritableBytes: 1) { free in
      write(UnsafeMutableRawBufferPointer(rebasing: free.prefix(allowed)))
    }
    guard message.readableBytes <= maxBytes else { throw Compression.tooLong(maxBytes: maxBytes) }
  }
}

/// What a library reports.
struct CompressionFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
