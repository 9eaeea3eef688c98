// Compresses one message with zlib.
import CZlib
import NIOCore

/// Compresses whole messages with zlib.
enum Deflater {
  /// zlib's default, about 256 KiB of working memory per message being compressed.
  private static let memoryLevel: Int32 = 8

  /// Appends the compressed message to the output.
  static func compress(_ message: ByteBuffer, format: ZlibFormat, into output: inout ByteBuffer) throws(RPCError) {
    var stream = z_stream()
    let answer = deflateInit2_(
      &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, format.windowBits, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      z_stream.headerSize)
    guard answer == Z_OK else { throw failure(message, format, "zlib cannot start (\(answer), \(stream.reason))") }
    defer { deflateEnd(&stream) }
    // The bound holds for one call with all of the input, so the loop below runs once.
    output.reserveCapacity(minimumWritableBytes: Int(deflateBound(&stream, UInt(message.readableBytes))))
    try message.withInput(of: &stream) { stream throws(RPCError) in
      while true {
        let answer = output.writeOutput(of: &stream, atMost: Int(Int32.max)) { deflate(&$0, Z_FINISH) }
        if answer == Z_STREAM_END { return }
        guard answer == Z_OK else { throw failure(message, format, "\(stream.reason) (\(answer))") }
      }
    }
  }

  private static func failure(_ message: ByteBuffer, _ format: ZlibFormat, _ reason: String) -> RPCError {
    RPCError(
      code: .internal,
      message: "compressing a message of \(message.readableBytes) bytes with \(format.name) failed: \(reason)")
  }
}
