// The request of a method that takes one, before it reaches the call's stream.
import FreshetCore
import NIOCore

enum OnlyRequest: Sendable {
  /// Ready to be sent.
  case framed(ByteBuffer)
  /// After the room for its prefix: interceptors may still change its compression.
  case encoded(ByteBuffer)

  init<Message>(
    _ message: Message, _ codec: any Codec<Message>, _ options: CallOptions, of call: ClientCall
  ) throws(RPCError) {
    let encoded = try MessageCoder.requests.encode(message, codec, of: call.method)
    if call.hasInterceptors {
      self = .encoded(encoded)
    } else {
      self = .framed(try call.frame(consume encoded, options))
    }
  }
}
