// Which requests are decompressed on an event loop (grpc-wire.md S5): the quick ones.
import FreshetCore
import FreshetTransport
import NIOCore

enum RequestPayload {
  /// The limits on a loop, compressed and decompressed. zlib expands by up to a thousand, and takes some hundred
  /// microseconds for 64 KiB.
  private static let maxCompressedBytesOnLoop = 16 * 1024
  private static let maxBytesOnLoop = 64 * 1024

  /// Like `MessageCoder.decompress`, if it is quick.
  /// - Returns: nil if it may take longer, as an application's own algorithm may.
  static func decompressOnLoop(
    _ payload: ByteBuffer, _ compression: Compression?, maxBytes: Int
  ) throws(RPCError) -> ByteBuffer? {
    if payload.readableBytes > maxCompressedBytesOnLoop || compression?.isBounded == false { return nil }
    let bound = min(maxBytes, maxBytesOnLoop)
    do throws(RPCError) {
      return try MessageCoder.requests.decompress(payload, compression, maxBytes: bound)
    } catch {
      if error.code == .resourceExhausted, bound < maxBytes { return nil }
      throw error
    }
  }
}
