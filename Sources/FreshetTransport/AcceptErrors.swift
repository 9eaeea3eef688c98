// Tells that a listening socket cannot accept, say because the process has no file descriptors left.
import NIOCore

/// The first handler of a listening channel. NIO's `AcceptBackoffHandler` behind it waits a second before the next try;
/// without that the loop would try without end.
final class AcceptErrors: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private let onFailure: Listener.OnFailure
  private let address: ListenAddress
  private var isTold = false

  init(_ address: ListenAddress, _ onFailure: @escaping Listener.OnFailure) {
    self.address = address
    self.onFailure = onFailure
  }

  /// The handlers that a listening channel begins with.
  static func install(
    on channel: any Channel, _ address: ListenAddress, _ onFailure: @escaping Listener.OnFailure
  ) throws {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(AcceptErrors(address, onFailure))
    try pipeline.addHandler(AcceptBackoffHandler(shouldForwardIOErrorCaught: false))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isTold = false
    context.fireChannelRead(data)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if !isTold {
      isTold = true  // once until a connection is accepted again
      onFailure(TransportError(.socket, "cannot accept connections on \(address): \(error)", cause: error))
    }
    context.fireErrorCaught(error)
  }
}
