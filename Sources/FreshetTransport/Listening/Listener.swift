// Accepts connections on one address.
import FreshetHTTP2
package import FreshetTLS
public import NIOCore
import NIOPosix

/// Accepts connections until it is closed, or its socket is lost for good. Accepted connections continue.
public struct Listener: Sendable {
  /// Creates the delegate of an accepted connection; called on the connection's loop.
  public typealias MakeDelegate = @Sendable (LoopExecutor) -> any ConnectionDelegate
  /// A connection that could not be set up, and is already closed.
  public typealias OnFailure = @Sendable (TransportError) -> Void
  /// Accepting fails, or works again; called on a loop.
  public typealias OnAcceptEvent = @Sendable (AcceptEvent) -> Void

  public let address: BoundAddress
  let acceptor: Acceptor

  /// Binds and listens.
  /// - Throws: `TransportError.bind` with the address and the system's reason; `invalidSetting`.
  /// - Parameters:
  ///   - tls: offers the carriers' names by ALPN.
  ///   - carriers: the protocols served, at least one.
  package static func bind(
    to address: ListenAddress, group: any EventLoopGroup, tls: TLSContext?, carriers: [Carrier] = [.http2],
    configuration: ConnectionConfiguration,
    makeDelegate: @escaping MakeDelegate, onFailure: @escaping OnFailure,
    onAcceptEvent: @escaping OnAcceptEvent = { _ in }
  ) async throws(TransportError) -> Listener {
    try configuration.validate()
    try address.validate()
    do {
      let acceptor = Acceptor(
        try ListeningSocket.open(on: address), address, on: LoopExecutor.of(group.next()),
        makeBootstrap: { loop in
          bootstrap(loop, group, allowsHalfClose: carriers.contains(where: \.allowsHalfClose)) { channel in
            serve(channel, tls, carriers, configuration, makeDelegate, onFailure)
          }
        }, onEvent: onAcceptEvent)
      let bound = try await acceptor.start()
      return Listener(address: BoundAddress(address, bound), acceptor: acceptor)
    } catch {
      throw TransportError(.bind, "cannot listen on \(address): \(SocketFailure.text(error))", cause: error)
    }
  }

  private static func bootstrap(
    _ loop: any EventLoop, _ group: any EventLoopGroup, allowsHalfClose: Bool,
    serve: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) -> ServerBootstrap {
    ServerBootstrap(group: loop, childGroup: group)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)  // detects peers that have vanished, eventually
      .childChannelOption(.allowRemoteHalfClosure, value: allowsHalfClose)
      .childChannelOption(.writeBufferWaterMark, value: ChannelSetup.waterMark)
      .childChannelInitializer(serve)
  }

  /// Serves a connected socket, such as one end of a socket pair, and takes ownership of it.
  public static func adopt(
    socket: CInt, group: any EventLoopGroup, configuration: ConnectionConfiguration,
    makeDelegate: @escaping MakeDelegate, onFailure: @escaping OnFailure
  ) {
    ClientBootstrap(group: group)
      .channelOption(.writeBufferWaterMark, value: ChannelSetup.waterMark)
      .channelInitializer { channel in serve(channel, nil, [.http2], configuration, makeDelegate, onFailure) }
      .withConnectedSocket(socket)
      .whenFailure { error in
        onFailure(TransportError(.socket, "cannot serve the connected socket \(socket): \(error)", cause: error))
      }
  }

  /// Puts a server's connection on an accepted channel; called on the channel's loop.
  private static func serve(
    _ channel: any Channel, _ tls: TLSContext?, _ carriers: [Carrier], _ configuration: ConnectionConfiguration,
    _ makeDelegate: MakeDelegate, _ onFailure: OnFailure
  ) -> EventLoopFuture<Void> {
    do {
      try ChannelSetup.serve(
        on: channel, tls: tls, carriers: carriers, configuration: configuration,
        delegate: makeDelegate(LoopExecutor.of(channel.eventLoop)))
      return channel.eventLoop.makeSucceededVoidFuture()
    } catch {
      onFailure(TransportError(error))
      return channel.eventLoop.makeFailedFuture(error)
    }
  }

  /// Stops listening. Returns when the socket is closed and, for a Unix socket, its file is removed.
  public func close() async { await acceptor.close() }

  /// Waits for the end: nil after `close`, else why nothing can be accepted any more. One caller may wait.
  public func waitForEnd() async -> TransportError? { await acceptor.waitForEnd() }
}
