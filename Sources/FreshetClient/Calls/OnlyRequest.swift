// The request of a method that takes one, before it reaches the call's stream.
import FreshetCore
import NIOCore

enum OnlyRequest: Sendable {
  /// Ready to be sent.
  case framed(ByteBuffer)
  /// After the room for its prefix: interceptors may still change its compression.
  case encoded(ByteBuffer)

  init<Request, Response>(
    _ request: Request, _ method: MethodDescriptor<Request, Response>, _ options: CallOptions, of call: ClientCall
  ) throws(RPCError) {
    let encoded = try call.core.options.encode(request, of: method)
    if call.hasInterceptors {
      self = .encoded(encoded)
    } else {
      self = .framed(try call.frame(consume encoded, options))
    }
  }
}
