// NIO's request parser, placed behind a connection in its pipeline.
import NIOCore
import NIOHTTP1

/// Passes the parser's output back to the connection.
final class HTTP1RequestReader: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart

  private unowned let connection: HTTP1Connection

  init(_ connection: HTTP1Connection) { self.connection = connection }

  /// The parser, followed by this handler.
  static func handlers(for connection: HTTP1Connection, _ settings: HTTP1Settings) -> [any ChannelHandler] {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = settings.maxHeaderBytes
    limits.maxHeaderListSize = settings.maxHeaderBytes
    limits.maxHeaderFieldCount = settings.maxHeaderFields
    return [
      ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: limits)), HTTP1RequestReader(connection),
    ]
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { connection.receive(unwrapInboundIn(data)) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { connection.refuse(HTTP1Refusal(error)) }
}
