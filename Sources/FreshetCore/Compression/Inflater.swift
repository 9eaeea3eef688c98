// Decompresses one message with zlib, within a bound.
import CZlib
import NIOCore

/// Decompresses whole messages with zlib.
enum Inflater {
  /// The message, in memory that grows with the actual output and stops at the bound.
  static func decompress(_ compressed: ByteBuffer, format: ZlibFormat, maxBytes: Int) throws(RPCError) -> ByteBuffer {
    var stream = z_stream()
    let answer = inflateInit2_(&stream, format.windowBits, ZLIB_VERSION, z_stream.headerSize)
    guard answer == Z_OK else { throw failure(compressed, format, "zlib cannot start (\(answer), \(stream.reason))") }
    defer { inflateEnd(&stream) }
    return try compressed.withInput(of: &stream) { stream throws(RPCError) in
      try inflateAll(&stream, of: compressed, format: format, maxBytes: max(0, min(maxBytes, Int(Int32.max) - 1)))
    }
  }

  private static func inflateAll(
    _ stream: inout z_stream, of compressed: ByteBuffer, format: ZlibFormat, maxBytes: Int
  ) throws(RPCError) -> ByteBuffer {
    var message = ByteBufferAllocator().buffer(capacity: firstGuess(compressed, maxBytes: maxBytes))
    while true {
      // One byte more than allowed distinguishes "exactly the limit" from "beyond it".
      let answer = message.writeOutput(of: &stream, atMost: maxBytes + 1 - message.readableBytes) {
        inflate(&$0, Z_NO_FLUSH)
      }
      guard message.readableBytes <= maxBytes else { throw Compression.tooLong(maxBytes: maxBytes) }
      switch answer {
      case Z_STREAM_END:
        guard stream.avail_in == 0 else { throw failure(compressed, format, "\(stream.avail_in) bytes follow its end") }
        return message
      case Z_OK: continue
      case Z_BUF_ERROR: throw failure(compressed, format, "it is cut short")
      default: throw failure(compressed, format, "\(stream.reason) (\(answer))")
      }
    }
  }

  /// Four times the input, typical for protobuf, but never more than the bound plus the byte that shows an excess.
  private static func firstGuess(_ compressed: ByteBuffer, maxBytes: Int) -> Int {
    min(maxBytes + 1, max(256, compressed.readableBytes * 4))
  }

  private static func failure(_ compressed: ByteBuffer, _ format: ZlibFormat, _ reason: String) -> RPCError {
    RPCError(
      code: .internal,
      message: "decompressing a message of \(compressed.readableBytes) bytes with \(format.name) failed: \(reason)")
  }
}
