// Between one kind of message and its bytes.
public import NIOCore

/// Turns messages of one type into bytes and back.
///
/// A codec is shared by all calls of a method, at the same time, so it holds no state of a call.
public protocol Codec<Message>: Sendable {
  /// What it encodes.
  associatedtype Message: Sendable

  /// What follows `application/grpc+` in the content type, such as `proto`.
  var contentSubtype: String { get }

  /// The message's bytes behind `prefixBytes` zero bytes, which the framing then fills in place.
  ///
  /// - Throws: whatever makes the message impossible to encode; the call fails with `INTERNAL`.
  func encode(_ message: Message, reservingPrefix prefixBytes: Int) throws -> ByteBuffer

  /// The message that the bytes stand for.
  ///
  /// - Throws: when they stand for none; the call fails with `INTERNAL`.
  func decode(_ bytes: ByteBuffer) throws -> Message
}
