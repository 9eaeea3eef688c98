// Decompresses a request by the rules of grpc-wire.md S5.
import FreshetCore
import NIOCore

enum RequestPayload {
  /// - Throws: INTERNAL for a compressed message without a `grpc-encoding` that says how, or for broken data;
  ///   RESOURCE_EXHAUSTED beyond `maxBytes`.
  static func decompress(
    _ payload: ByteBuffer, _ compression: Compression?, maxBytes: Int
  ) throws(RPCError) -> ByteBuffer {
    guard let compression else {
      throw RPCError(
        code: .internal, message: "a request is marked as compressed, but grpc-encoding names no compression")
    }
    return try compression.decompress(payload, maxBytes: maxBytes)
  }
}
