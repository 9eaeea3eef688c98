// The format of a channel's messages, where it is not the methods' first.
import FreshetCore
import NIOCore

extension ChannelOptions {
  /// A request after the room for its prefix.
  func encode<Request, Response>(
    _ request: Request, of method: MethodDescriptor<Request, Response>
  ) throws(RPCError) -> ByteBuffer {
    if isPlain { return try MessageCoder.requests.encode(request, method.requestCodec, of: method.path) }
    let codec = try requestCodec(of: method)
    guard let wire, wire.prefersMessageInHead(method.kind, method.idempotency) else {
      return try MessageCoder.requests.encode(request, codec, of: method.path)
    }
    do {
      return try codec.encodeStably(request, reservingPrefix: MessageFramer.prefixBytes)
    } catch {
      throw MessageCoder.requests.cannotEncode(error, method.path)
    }
  }

  func requestCodec<Request, Response>(
    of method: MethodDescriptor<Request, Response>
  ) throws(RPCError) -> any Codec<Request> {
    guard let format else { return method.requestCodec }
    return try method.codecs(in: format).requestCodec
  }
}

extension ClientCall {
  func decode<Request, Response>(
    _ message: MessageDeframer.Message, of method: MethodDescriptor<Request, Response>
  ) throws(RPCError) -> Response {
    guard let format = core.options.format else { return try decode(message, method.responseCodec) }
    return try decode(message, method.codecs(in: format).responseCodec)
  }
}

extension MethodDescriptor {
  fileprivate func codecs(in format: String) throws(RPCError) -> MethodFormat<Request, Response> {
    if requestCodec.contentSubtype == format {
      return MethodFormat(requestCodec: requestCodec, responseCodec: responseCodec)
    }
    if let found = otherFormats.first(where: { $0.name == format }) { return found }
    throw RPCError(
      code: .internal,
      message:
        "\(path) has no format “\(format)” (ChannelConfiguration.format), only \(formatNames.joined(separator: ", "))")
  }
}
