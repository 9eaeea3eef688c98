// Accepts connections on one address.
import FreshetHTTP2
public import FreshetTLS
public import NIOCore
import NIOPosix

/// A bound, listening socket. `close` stops accepting; connections that were accepted run on.
public struct Listener: Sendable {
  /// Makes the delegate of an accepted connection; called on the connection's loop.
  public typealias MakeDelegate = @Sendable (LoopExecutor) -> any ConnectionDelegate
  /// A connection that could not be set up, and is closed already; or accepting fails, and is tried again and again.
  public typealias OnFailure = @Sendable (TransportError) -> Void

  public let address: BoundAddress
  let channel: any Channel
  private let cleanup: UnixSocket.Cleanup

  /// Binds and listens.
  /// - Throws: `TransportError.bind` with the address and the system's reason; `invalidSetting`.
  public static func bind(
    to address: ListenAddress, group: any EventLoopGroup, tls: TLSContext?, configuration: ConnectionConfiguration,
    makeDelegate: @escaping MakeDelegate, onFailure: @escaping OnFailure
  ) async throws(TransportError) -> Listener {
    try configuration.validate()
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try AcceptErrors.install(on: channel, address, onFailure) }
      }
      .serverChannelOption(.backlog, value: backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)  // a peer that vanished is noticed some day
      .childChannelOption(.allowRemoteHalfClosure, value: false)
      .childChannelOption(.writeBufferWaterMark, value: ChannelSetup.waterMark)
      .childChannelInitializer { channel in
        serve(channel, tls, configuration, makeDelegate, onFailure)
      }
    do {
      switch address {
      case .tcp(let host, let port):
        let channel = try await bootstrap.bind(host: host, port: port).get()
        return Listener(address: BoundAddress(channel.localAddress), channel: channel, cleanup: {})
      case .vsock(let cid, let port):
        let vsock = VsockAddress(cid: .init(rawValue: cid), port: .init(rawValue: port))
        let channel = try await bootstrap.bind(to: vsock).get()
        return Listener(address: BoundAddress(vsock: address), channel: channel, cleanup: {})
      case .unix(let path): return try await listen(on: .path(path), bootstrap)
      case .unixAbstract(let name): return try await listen(on: .abstract(name), bootstrap)
      }
    } catch {
      throw TransportError(.bind, "cannot listen on \(address): \(error)", cause: error)
    }
  }

  private static let backlog: CInt = 1024

  private static func listen(on name: UnixSocketName, _ bootstrap: ServerBootstrap) async throws -> Listener {
    let (socket, cleanup) = try UnixSocket.listening(on: name, backlog: backlog)
    let channel = try await bootstrap.withBoundSocket(socket).get()
    return Listener(address: BoundAddress(name), channel: channel, cleanup: cleanup)
  }

  /// Serves a socket that is connected already, such as one end of a socket pair. It owns `socket` from here on.
  public static func adopt(
    socket: CInt, group: any EventLoopGroup, configuration: ConnectionConfiguration,
    makeDelegate: @escaping MakeDelegate, onFailure: @escaping OnFailure
  ) {
    ClientBootstrap(group: group)
      .channelOption(.writeBufferWaterMark, value: ChannelSetup.waterMark)
      .channelInitializer { channel in serve(channel, nil, configuration, makeDelegate, onFailure) }
      .withConnectedSocket(socket)
      .whenFailure { error in
        onFailure(TransportError(.socket, "cannot serve the connected socket \(socket): \(error)", cause: error))
      }
  }

  /// Puts a server's connection on an accepted channel; called on the channel's loop.
  private static func serve(
    _ channel: any Channel, _ tls: TLSContext?, _ configuration: ConnectionConfiguration, _ makeDelegate: MakeDelegate,
    _ onFailure: OnFailure
  ) -> EventLoopFuture<Void> {
    do {
      _ = try ChannelSetup.install(
        on: channel, role: .server, tls: tls.map { ($0, nil) }, configuration: configuration,
        delegate: makeDelegate(LoopExecutor.of(channel.eventLoop)))
      return channel.eventLoop.makeSucceededVoidFuture()
    } catch {
      onFailure(TransportError(error))
      return channel.eventLoop.makeFailedFuture(error)
    }
  }

  /// Stops listening. Returns when the socket is closed and, for a Unix socket, its file is gone.
  public func close() async {
    try? await channel.close().get()
    cleanup()
  }
}
