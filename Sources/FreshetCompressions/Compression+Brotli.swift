// Brotli as a message encoding.
import CBrotli
public import FreshetCore
import NIOCore

extension Compression {
  /// RFC 7932's format, `br` in HTTP and Connect: what browsers decode best.
  ///
  /// Register it on both sides: `CompressionRegistry([.gzip, .deflate, .brotli])`.
  public static let brotli = Compression(name: "br", boundedCompress: Brotli.compress, decompress: Brotli.decompress)
}

private enum Brotli {
  /// Of 0 to 11: as much time as gzip's default, for a smaller result. 11, the library's default, takes fifty times as
  /// long.
  private static let quality: Int32 = 5

  static func compress(_ message: ByteBuffer) throws -> ByteBuffer {
    var output = ByteBuffer()
    var isDone = false
    message.withUnsafeReadableBytes { input in
      // Nothing would be the bound for more than 2 GiB.
      let bound = max(16, BrotliEncoderMaxCompressedSize(input.count))
      _ = output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { free in
        var count = free.count
        isDone =
          BrotliEncoderCompress(
            quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, input.count, input.bytes, &count, free.bytes)
          == BROTLI_TRUE
        return isDone ? count : 0
      }
    }
    guard isDone else { throw CompressionFailure("brotli gave no reason") }
    return output
  }

  static func decompress(_ compressed: ByteBuffer, maxBytes: Int) throws -> ByteBuffer {
    guard let decoder = BrotliDecoderCreateInstance(nil, nil, nil) else {
      throw CompressionFailure("brotli cannot start")
    }
    defer { BrotliDecoderDestroyInstance(decoder) }
    var output = BoundedOutput(compressedBytes: compressed.readableBytes, maxBytes: maxBytes)
    try compressed.withUnsafeReadableBytes { bytes in
      var (next, left) = (bytes.bytes, bytes.count)
      var result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT
      while result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT {
        try output.write { free in
          var (target, room) = (free.bytes, free.count)
          result = BrotliDecoderDecompressStream(decoder, &left, &next, &room, &target, nil)
          return free.count - room
        }
      }
      switch result {
      case BROTLI_DECODER_RESULT_SUCCESS where left == 0: break
      case BROTLI_DECODER_RESULT_SUCCESS: throw CompressionFailure("\(left) bytes follow its end")
      case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT: throw CompressionFailure("it is cut short")
      default:
        throw CompressionFailure(String(cString: BrotliDecoderErrorString(BrotliDecoderGetErrorCode(decoder))))
      }
    }
    return output.message
  }
}

extension UnsafeRawBufferPointer {
  fileprivate var bytes: UnsafePointer<UInt8>? { assumingMemoryBound(to: UInt8.self).baseAddress }
}

extension UnsafeMutableRawBufferPointer {
  fileprivate var bytes: UnsafeMutablePointer<UInt8>? { assumingMemoryBound(to: UInt8.self).baseAddress }
}
