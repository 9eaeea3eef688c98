// The request of a method that takes one, on its way to the call's stream.
import FreshetCore
import NIOCore

enum OnlyRequest: Sendable {
  /// As it is sent.
  case framed(ByteBuffer)
  /// Behind the room for its prefix: interceptors have still to say how it is compressed.
  case encoded(ByteBuffer)

  init<Message>(
    _ message: Message, _ codec: any Codec<Message>, _ options: CallOptions, of call: ClientCall
  ) throws(RPCError) {
    let encoded = try ClientCall.encode(message, codec, method: call.method)
    if call.hasInterceptors {
      self = .encoded(encoded)
    } else {
      self = .framed(try call.frame(consume encoded, options))
    }
  }
}
