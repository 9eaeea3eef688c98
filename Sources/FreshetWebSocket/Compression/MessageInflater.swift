// Decompresses the messages of one direction (RFC 7692 §7.2.2), within a bound.
import CZlib
package import NIOCore

/// Owns zlib's state: with context takeover from the first compressed message to the connection's end, else for each
/// message. Confined to its connection's loop.
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

  /// Appends what these bytes of a message contain.
  /// - Returns: how many bytes that was, or more than `maxBytes` if there is more.
  package func inflate(
    _ bytes: UnsafeRawBufferPointer, into target: inout ByteBuffer, maxBytes: Int
  ) throws(WebSocketError) -> Int {
    let stream = try context()
    stream.setInput(bytes)
    var written = 0
    while true {
      if stream.pointee.avail_in > 0 { isAtEnd = false }
      let before = target.readableBytes
      // One byte more than allowed distinguishes "exactly the limit" from "beyond it".
      let answer = stream.write(
        into: &target, minimumBytes: min(Self.firstBytes, maxBytes - written + 1), maxBytes: maxBytes - written + 1
      ) { CZlib.inflate($0, Z_SYNC_FLUSH) }
      written += target.readableBytes - before
      if written > maxBytes { return written }
      switch answer {
      case Z_STREAM_END:
        isAtEnd = true
        inflateReset(stream)
        if stream.pointee.avail_in == 0 { return written }
      case Z_OK: if stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 { return written }
      case Z_BUF_ERROR: return written  // all input is used
      default:
        throw WebSocketError(
          .corruptCompression, code: .invalidData,
          "decompressing a message failed after \(written) bytes: \(stream.reason) (\(answer))")
      }
    }
  }

  /// Appends what the end of the message brings.
  /// - Returns: as above.
  package func finish(into target: inout ByteBuffer, maxBytes: Int) throws(WebSocketError) -> Int {
    defer { if !takesContextOver { release() } }
    if isAtEnd {
      isAtEnd = false
      return 0
    }
    return try RawDeflate.tail.withUnsafeBufferPointer { tail throws(WebSocketError) in
      try inflate(UnsafeRawBufferPointer(tail), into: &target, maxBytes: maxBytes)
    }
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
