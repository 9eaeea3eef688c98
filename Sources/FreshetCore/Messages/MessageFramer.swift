// Turns an encoded message into the content of DATA frames: a flag, a four-byte length, then the payload.
public import NIOCore

/// Adds gRPC's five-byte prefix to messages.
public struct MessageFramer: Sendable {
  /// The free bytes at the start of an encoded message: one of flags, four of length.
  public static let prefixBytes = 5

  private let compression: Compression?

  /// A framer for one direction of a call.
  ///
  /// - Parameter compression: as announced in `grpc-encoding`; `nil` for identity.
  public init(compression: Compression?) { self.compression = compression }

  /// The message with its prefix, ready to be sent.
  ///
  /// Uncompressed, the prefix is written in place and nothing is copied, provided that the caller gives up the buffer.
  ///
  /// - Parameters:
  ///   - encoded: ``prefixBytes`` free bytes, then the message.
  ///   - compressed: whether to compress it; ignored without a compression.
  /// - Throws: `INTERNAL` when the compression fails; `RESOURCE_EXHAUSTED` for a message whose length does not fit in
  ///   four bytes.
  public func frame(_ encoded: consuming ByteBuffer, compressed: Bool) throws(RPCError) -> ByteBuffer {
    guard compressed, let compression else { return try MessageFramer.writePrefix(flag: 0, into: encoded) }
    encoded.moveReaderIndex(forwardBy: MessageFramer.prefixBytes)
    var smaller = ByteBufferAllocator().buffer(capacity: MessageFramer.prefixBytes + encoded.readableBytes / 2 + 64)
    smaller.writeRepeatingByte(0, count: MessageFramer.prefixBytes)
    try compression.compress(encoded, into: &smaller)
    return try MessageFramer.writePrefix(flag: 1, into: smaller)
  }

  private static func writePrefix(flag: UInt8, into framed: consuming ByteBuffer) throws(RPCError) -> ByteBuffer {
    guard let length = UInt32(exactly: framed.readableBytes - prefixBytes) else {
      throw RPCError(
        code: .resourceExhausted,
        message: "a message of \(framed.readableBytes - prefixBytes) bytes cannot be framed: its length has four bytes")
    }
    framed.withUnsafeMutableReadableBytes { bytes in
      bytes.storeBytes(of: flag, as: UInt8.self)
      bytes.storeBytes(of: length.bigEndian, toByteOffset: 1, as: UInt32.self)
    }
    return framed
  }
}
