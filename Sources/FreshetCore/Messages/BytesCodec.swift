// Messages as raw bytes, for proxies, generic calls and tests.
public import NIOCore

/// Passes a message's bytes through.
///
/// A received message shares its memory with the others of the same read: copy what you keep for long.
public struct BytesCodec: Codec {
  /// What follows `application/grpc+` in the content type.
  public let contentSubtype: String

  /// A codec whose content type names the given subtype.
  public init(contentSubtype: String = "proto") { self.contentSubtype = contentSubtype }

  public func encode(_ message: ByteBuffer, reservingPrefix prefixBytes: Int) throws -> ByteBuffer {
    var framed = ByteBufferAllocator().buffer(capacity: prefixBytes + message.readableBytes)
    framed.writeRepeatingByte(0, count: prefixBytes)
    framed.writeImmutableBuffer(message)
    return framed
  }

  public func decode(_ bytes: ByteBuffer) throws -> ByteBuffer { bytes }
}
