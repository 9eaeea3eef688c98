// Decompresses the messages of one direction (RFC 7692 §7.2.2), within a bound.
import CZlib
package import NIOCore

/// Owns zlib's state: with context takeover from the first compressed message to the connection's end, else for each
/// message. Confined to its connection's loop.
///
/// A reference beyond the agreed window is the peer's fault, which zlib reports only if those bytes are no longer in the
/// memory that it writes to.
package final class MessageInflater {
  private static let firstBytes = 512

  private let windowBits: Int
  private let takesContextOver: Bool
  private var stream: UnsafeMutablePointer<z_stream>?
  /// Whether the last block was marked as the last, and nothing followed it (RFC 7692 §7.2.3.4).
  private var isAtEnd = false

  /// - Parameters:
  ///   - windowBits: 8 to 15; the peer's window is no larger.
  ///   - takesContextOver: whether a message may refer to earlier ones.
  package init(windowBits: Int, takesContextOver: Bool) {
    self.windowBits = windowBits
    self.takesContextOver = takesContextOver
  }

  deinit { release() }

  /// Whether zlib's memory is held; for tests.
  package var hasContext: Bool { stream != nil }

  /// Appends what these bytes of a message contain, but at most one byte more than `maxBytes`, which tells "exactly the
  /// limit" from "beyond it".
  package func inflate(
    _ bytes: UnsafeRawBufferPointer, into target: inout ByteBuffer, maxBytes: Int
  ) throws(WebSocketError) {
    try inflate(bytes, into: &target, maxBytes: maxBytes, flush: Z_SYNC_FLUSH)
  }

  /// Appends what the end of the message brings, likewise.
  package func finish(into target: inout ByteBuffer, maxBytes: Int) throws(WebSocketError) {
    defer { if !takesContextOver { release() } }
    if isAtEnd {
      isAtEnd = false
      return
    }
    // Z_BLOCK stops between blocks, and says so (zlib.h): within one, the message would be cut short.
    let before = target.readableBytes
    try RawDeflate.tail.withUnsafeBufferPointer { tail throws(WebSocketError) in
      try inflate(UnsafeRawBufferPointer(tail), into: &target, maxBytes: maxBytes, flush: Z_BLOCK)
    }
    if let stream, stream.pointee.data_type & 128 == 0, target.readableBytes - before <= maxBytes {
      throw Self.corrupt("it ends within a block")
    }
  }

  private func inflate(
    _ bytes: UnsafeRawBufferPointer, into target: inout ByteBuffer, maxBytes: Int, flush: Int32
  ) throws(WebSocketError) {
    let stream = try context()
    stream.setInput(bytes)
    var written = 0
    while true {
      if stream.pointee.avail_in > 0 { isAtEnd = false }
      let before = target.readableBytes, room = maxBytes - written + 1
      let answer = stream.write(into: &target, minimumBytes: min(Self.firstBytes, room), maxBytes: room) {
        CZlib.inflate($0, flush)
      }
      written += target.readableBytes - before
      if written > maxBytes { return }
      switch answer {
      case Z_STREAM_END:
        isAtEnd = true
        inflateReset(stream)
        if stream.pointee.avail_in == 0 { return }
      case Z_OK: if stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 { return }
      case Z_BUF_ERROR: return  // all input is used
      default: throw Self.corrupt("\(stream.reason) (\(answer))")
      }
    }
  }

  private static func corrupt(_ reason: String) -> WebSocketError {
    WebSocketError(.corruptCompression, code: .invalidData, "a compressed message cannot be restored: \(reason)")
  }

  /// zlib's state, which must not move.
  private func context() throws(WebSocketError) -> UnsafeMutablePointer<z_stream> {
    if let stream { return stream }
    let made = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    made.initialize(to: z_stream())
    let answer = inflateInit2_(made, RawDeflate.windowBits(windowBits), ZLIB_VERSION, RawDeflate.headerSize)
    guard answer == Z_OK else {
      made.deallocate()
      throw WebSocketError(
        .corruptCompression, code: .internalError, "zlib cannot start to decompress (\(answer))")
    }
    stream = made
    return made
  }

  private func release() {
    guard let stream else { return }
    inflateEnd(stream)
    stream.deallocate()
    self.stream = nil
  }
}
