// Compresses the messages of one direction (RFC 7692 §7.2.1).
import CZlib
package import NIOCore

/// Compresses messages, or parts of them one after the other. Its memory is zlib's of one `Deflater`: its own with
/// context takeover, else one that the connections of a loop share. Confined to its connection's loop.
package final class MessageDeflater {
  private let windowBits: Int
  private let takesContextOver: Bool
  private let pool: DeflaterPool
  private var deflater: Deflater?

  /// - Parameters:
  ///   - windowBits: 9 to 15.
  ///   - takesContextOver: whether messages may refer to earlier ones.
  package init(windowBits: Int, takesContextOver: Bool, pool: DeflaterPool) {
    self.windowBits = windowBits
    self.takesContextOver = takesContextOver
    self.pool = pool
  }

  /// Whether zlib's memory is held; for tests.
  package var hasContext: Bool { deflater != nil }

  /// The compressed form of a message, or of its next part.
  /// - Parameter isLast: whether the message ends with it.
  package func compress(_ bytes: ByteBuffer, isLast: Bool) throws(WebSocketError) -> ByteBuffer {
    let deflater: Deflater
    if let own = self.deflater {
      deflater = own
    } else {
      deflater = try pool.take(windowBits: windowBits)
      self.deflater = deflater
    }
    let compressed = try deflater.compress(bytes, isLast: isLast)
    if isLast, !takesContextOver {
      self.deflater = nil
      pool.giveBack(deflater)
    }
    return compressed
  }
}

/// zlib's compressors that are not in use, with an empty window each. Belongs to an event loop.
package final class DeflaterPool {
  /// As many connections of a loop can be in the middle of a message without allocating.
  private static let maxCount = 4

  private var free: [Deflater] = []

  package init() {}

  func take(windowBits: Int) throws(WebSocketError) -> Deflater {
    if let place = free.lastIndex(where: { $0.windowBits == windowBits }) { return free.remove(at: place) }
    return try Deflater(windowBits: windowBits)
  }

  func giveBack(_ deflater: Deflater) {
    if free.count == Self.maxCount { return }
    deflater.reset()
    free.append(deflater)
  }
}

/// One of zlib's compressors.
final class Deflater {
  /// zlib's default is 8, which takes 128 KiB; this takes 16 KiB and compresses messages of a few KiB as well.
  private static let memoryLevel: Int32 = 5

  let windowBits: Int
  /// zlib's state, which must not move.
  private let stream: UnsafeMutablePointer<z_stream>

  init(windowBits: Int) throws(WebSocketError) {
    self.windowBits = windowBits
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let answer = deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RawDeflate.windowBits(windowBits), Self.memoryLevel,
      Z_DEFAULT_STRATEGY, ZLIB_VERSION, RawDeflate.headerSize)
    guard answer == Z_OK else {
      throw WebSocketError(.corruptCompression, code: .internalError, "zlib cannot start to compress (\(answer))")
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  func reset() { deflateReset(stream) }

  func compress(_ bytes: ByteBuffer, isLast: Bool) throws(WebSocketError) -> ByteBuffer {
    // zlib flushes nothing twice; this is the beginning of an empty block, whose rest is the tail.
    if bytes.readableBytes == 0 { return isLast ? ByteBuffer(bytes: [0]) : ByteBuffer() }
    var output = ByteBufferAllocator().buffer(capacity: Int(deflateBound(stream, UInt(bytes.readableBytes))) + 16)
    try bytes.withUnsafeReadableBytes { input throws(WebSocketError) in
      stream.setInput(input)
      repeat {
        let answer = stream.write(into: &output, minimumBytes: 64, maxBytes: .max) { deflate($0, Z_SYNC_FLUSH) }
        guard answer == Z_OK || answer == Z_BUF_ERROR else {
          throw WebSocketError(
            .corruptCompression, code: .internalError,
            "compressing \(bytes.readableBytes) bytes failed: \(stream.reason) (\(answer))")
        }
      } while stream.pointee.avail_out == 0 || stream.pointee.avail_in > 0
    }
    if isLast { output.moveWriterIndex(to: output.writerIndex - RawDeflate.tail.count) }
    return output
  }
}
