// From an application's messages to frames and back, for both sides of a call and both directions.
public import NIOCore

/// Encodes and frames what one side sends, and decompresses and decodes what it receives. The case is what errors call
/// the messages; the method is evaluated for errors only.
// Inlinable, so that it costs a call nothing.
@frozen
public enum MessageCoder: Sendable {
  /// What a client sends.
  case requests
  /// What a server sends.
  case responses

  /// The message's bytes after the room for its prefix.
  /// - Throws: INTERNAL.
  @inlinable
  public func encode<Message>(
    _ message: Message, _ codec: any Codec<Message>, reservingPrefix prefixBytes: Int = MessageFramer.prefixBytes,
    of method: @autoclosure () -> String
  ) throws(RPCError) -> ByteBuffer {
    do {
      return try codec.encode(message, reservingPrefix: prefixBytes)
    } catch {
      throw cannotEncode(error, method())
    }
  }

  /// An encoded message, ready to be sent, compressed if there is a compression.
  /// - Throws: INTERNAL.
  @inlinable
  public func frame(
    _ encoded: consuming ByteBuffer, _ compression: Compression?, of method: @autoclosure () -> String
  ) throws(RPCError) -> ByteBuffer {
    do throws(RPCError) {
      return try MessageFramer(compression: compression).frame(consume encoded, compressed: compression != nil)
    } catch {
      throw cannotEncode(error, method())
    }
  }

  /// Decompresses a message that is marked as compressed.
  /// - Parameter compression: the one named in `grpc-encoding`.
  /// - Throws: INTERNAL without one, or for corrupt data; RESOURCE_EXHAUSTED beyond `maxBytes`.
  public func decompress(
    _ payload: ByteBuffer, _ compression: Compression?, maxBytes: Int
  ) throws(RPCError) -> ByteBuffer {
    guard let compression else {
      throw RPCError(
        code: .internal, message: "\(one) is marked as compressed, but grpc-encoding names no compression")
    }
    return try compression.decompress(payload, maxBytes: maxBytes)
  }

  /// The message in decompressed bytes.
  /// - Throws: INTERNAL.
  @inlinable
  public func decode<Message>(
    _ payload: ByteBuffer, _ codec: any Codec<Message>, of method: @autoclosure () -> String
  ) throws(RPCError) -> Message {
    do {
      return try codec.decode(payload)
    } catch {
      throw cannotDecode(error, method())
    }
  }

  /// The error for a message that cannot be encoded or framed.
  public func cannotEncode(_ error: any Error, _ method: String) -> RPCError {
    RPCError(code: .internal, message: "\(one) of \(method) cannot be encoded: \(error)", cause: error)
  }

  @usableFromInline
  func cannotDecode(_ error: any Error, _ method: String) -> RPCError {
    RPCError(code: .internal, message: "\(one) of \(method) cannot be decoded: \(error)", cause: error)
  }

  private var one: String {
    switch self {
    case .requests: "a request"
    case .responses: "a response"
    }
  }
}
