// Opens connections.
import FreshetHTTP2
package import FreshetTLS
import NIOCore
import NIOPosix

/// Opens one connection on a given loop.
package protocol Connector: Sendable {
  /// Called on the loop, once, with a connection that has begun its handshake, or with `TransportError.connect` if the
  /// socket could not be opened.
  typealias Completion = (Result<TransportConnection, TransportError>) -> Void

  /// Connects. Called on the loop; `delegate` belongs to the new connection.
  func connect(
    to address: ConnectAddress, on executor: LoopExecutor, configuration: ConnectionConfiguration, timeout: Duration,
    delegate: any ConnectionDelegate, completion: @escaping Completion
  ) -> Connecting
}

/// Connects over TCP or a Unix socket, in plaintext or with TLS.
package struct SocketConnector: Connector {
  let tls: TLSContext?
  let serverName: String?
  let carriers: [Carrier]

  /// - Parameters:
  ///   - tls: offers the carriers' names by ALPN.
  ///   - serverName: the name that the server's certificate must match, unless the TLS configuration sets another.
  ///   - carriers: at least one; in plaintext the first one is used.
  package init(tls: TLSContext?, serverName: String?, carriers: [Carrier] = [.http2Client]) {
    self.tls = tls
    self.serverName = serverName
    self.carriers = carriers
  }

  package func connect(
    to address: ConnectAddress, on executor: LoopExecutor, configuration: ConnectionConfiguration, timeout: Duration,
    delegate: any ConnectionDelegate, completion: @escaping Completion
  ) -> Connecting {
    let connecting = Connecting()
    let bootstrap = Self.bootstrap(for: connecting, on: executor.loop, timeout)
    let connected: EventLoopFuture<any Channel>
    do {
      connected = try Self.open(address, with: bootstrap)
    } catch {
      connected = executor.loop.makeFailedFuture(error)
    }
    connected.assumeIsolated().whenComplete { result in
      connecting.end()
      completion(self.install(result, configuration, delegate))
    }
    return connecting
  }

  private static func bootstrap(
    for connecting: Connecting, on loop: any EventLoop, _ timeout: Duration
  ) -> ClientBootstrap {
    let connecting = NIOLoopBound(connecting, eventLoop: loop)
    // TCP_NODELAY is NIO's default, also for Unix sockets, where it has no meaning.
    return ClientBootstrap(group: loop)
      .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try connecting.value.add(channel) } }
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(.writeBufferWaterMark, value: ChannelSetup.waterMark)
      .connectTimeout(TimeAmount(timeout))
  }

  private static func open(
    _ address: ConnectAddress, with bootstrap: ClientBootstrap
  ) throws -> EventLoopFuture<any Channel> {
    switch address {
    case .ip(let address, let zone): bootstrap.connect(to: try address.onInterface(ofZone: zone))
    case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
    case .unixAbstract(let name): bootstrap.withConnectedSocket(try UnixSocket.connected(to: .abstract(name)))
    case .vsock(let cid, let port):
      bootstrap.connect(to: VsockAddress(cid: .init(rawValue: cid), port: .init(rawValue: port)))
    case .inProcess: throw TransportError(.connect, "an in-process address has no socket")
    }
  }

  private func install(
    _ result: Result<any Channel, any Error>, _ configuration: ConnectionConfiguration,
    _ delegate: any ConnectionDelegate
  ) -> Result<TransportConnection, TransportError> {
    switch result {
    case .failure(let error): return .failure(TransportError(.connect, SocketFailure.text(error), cause: error))
    case .success(let channel):
      do {
        return .success(
          try ChannelSetup.connect(
            on: channel, tls: tls.map { ($0, serverName) }, carriers: carriers, configuration: configuration,
            delegate: delegate))
      } catch {
        channel.close(promise: nil)
        return .failure(TransportError(error))
      }
    }
  }
}
