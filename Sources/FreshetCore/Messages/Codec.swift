// Converts between messages of one type and bytes.
public import NIOCore

/// Encodes and decodes messages of one type.
///
/// All calls of a method share a codec concurrently, so it holds no per-call state.
public protocol Codec<Message>: Sendable {
  /// The type that it encodes.
  associatedtype Message: Sendable

  /// What follows `application/grpc+` in the content type, such as `proto`.
  var contentSubtype: String { get }

  /// The message's bytes after `prefixBytes` free bytes, which framing then fills in place.
  ///
  /// - Throws: any error if the message cannot be encoded; the call fails with `INTERNAL`.
  func encode(_ message: Message, reservingPrefix prefixBytes: Int) throws -> ByteBuffer

  /// Like `encode`, but equal messages have equal bytes, also where the format leaves a choice, such as the order of a
  /// map. For requests that caches recognise by their bytes.
  func encodeStably(_ message: Message, reservingPrefix prefixBytes: Int) throws -> ByteBuffer

  /// Decodes a message.
  ///
  /// - Throws: any error if the bytes are not a message; the call fails with `INTERNAL`.
  func decode(_ bytes: ByteBuffer) throws -> Message
}

extension Codec {
  /// The same as `encode`, for formats that leave no choice.
  public func encodeStably(_ message: Message, reservingPrefix prefixBytes: Int) throws -> ByteBuffer {
    try encode(message, reservingPrefix: prefixBytes)
  }
}
