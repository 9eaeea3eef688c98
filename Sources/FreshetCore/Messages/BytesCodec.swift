// Messages as the bytes that they are, for proxies, generic calls and tests.
public import NIOCore

/// Takes the bytes of a message as the message.
///
/// A received message shares its memory with those that came in the same read: keep a copy of what is kept for long.
public struct BytesCodec: Codec {
  /// What follows `application/grpc+` in the content type.
  public let contentSubtype: String

  /// A codec that says of its bytes that they are of the given kind.
  public init(contentSubtype: String = "proto") { self.contentSubtype = contentSubtype }

  public func encode(_ message: ByteBuffer, reservingPrefix prefixBytes: Int) throws -> ByteBuffer {
    var framed = ByteBufferAllocator().buffer(capacity: prefixBytes + message.readableBytes)
    framed.writeRepeatingByte(0, count: prefixBytes)
    framed.writeImmutableBuffer(message)
    return framed
  }

  public func decode(_ bytes: ByteBuffer) throws -> ByteBuffer { bytes }
}
