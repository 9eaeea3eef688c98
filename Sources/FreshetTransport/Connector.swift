// Makes connections to one target.
import FreshetHTTP2
public import FreshetTLS
public import NIOCore
import NIOPosix

/// Where a client connects to.
public enum ConnectAddress: Sendable, Hashable, CustomStringConvertible {
  /// A name to resolve; all its addresses are tried, IPv6 and IPv4 side by side (RFC 8305).
  case name(host: String, port: Int)
  /// IP addresses to try in this order.
  case addresses([SocketAddress])
  /// A Unix socket.
  case unix(path: String)
  /// A Unix socket whose name is no file (Linux).
  case unixAbstract(name: String)
  /// A port between a virtual machine and its host.
  case vsock(cid: UInt32, port: UInt32)

  public var description: String {
    switch self {
    case .name(let host, let port): "\(host):\(port)"
    case .addresses(let addresses): addresses.map { PeerAddress.text(of: $0) }.joined(separator: ", ")
    case .unix(let path): "unix:\(path)"
    case .unixAbstract(let name): "unix-abstract:\(name)"
    case .vsock(let cid, let port): "vsock:\(cid):\(port)"
    }
  }
}

/// Makes one connection on a given loop.
public protocol Connector: Sendable {
  /// Called on the loop, once, with a connection that has begun its handshake, or with `TransportError.connect`: what
  /// was tried, and what each try brought.
  typealias Completion = (Result<Connection, TransportError>) -> Void

  /// Connects. Called on the loop; `delegate` belongs to the connection that is made.
  func connect(
    on executor: LoopExecutor, configuration: ConnectionConfiguration, timeout: Duration,
    delegate: any ConnectionDelegate, completion: @escaping Completion
  ) -> Connecting
}

/// Connects to an address over TCP or a Unix socket, in plaintext or with TLS.
public struct SocketConnector: Connector {
  public let address: ConnectAddress
  let tls: TLSContext?
  let serverName: String?

  /// - Parameter serverName: what the server's certificate must be for, unless the TLS configuration names another.
  public init(to address: ConnectAddress, tls: TLSContext?, serverName: String?) {
    self.address = address
    self.tls = tls
    self.serverName = serverName
  }

  public func connect(
    on executor: LoopExecutor, configuration: ConnectionConfiguration, timeout: Duration,
    delegate: any ConnectionDelegate, completion: @escaping Completion
  ) -> Connecting {
    let connecting = Connecting()
    let bootstrap = Self.bootstrap(for: connecting, on: executor.loop, timeout)
    let connected =
      switch address {
      case .name(let host, let port): bootstrap.connect(host: host, port: port)
      case .addresses(let addresses): connect(to: addresses[...], with: bootstrap, on: executor.loop, failures: [])
      case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
      case .unixAbstract(let name): Self.connect(to: .abstract(name), with: bootstrap, on: executor.loop)
      case .vsock(let cid, let port):
        bootstrap.connect(to: VsockAddress(cid: .init(rawValue: cid), port: .init(rawValue: port)))
      }
    connected.assumeIsolated().whenComplete { result in
      connecting.end()
      completion(self.install(result, executor, configuration, delegate))
    }
    return connecting
  }

  private static func bootstrap(
    for connecting: Connecting, on loop: any EventLoop, _ timeout: Duration
  ) -> ClientBootstrap {
    let connecting = NIOLoopBound(connecting, eventLoop: loop)
    // TCP_NODELAY is on by NIO's own default, also for Unix sockets, where it means nothing.
    return ClientBootstrap(group: loop)
      .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try connecting.value.add(channel) } }
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(.writeBufferWaterMark, value: ChannelSetup.waterMark)
      .connectTimeout(TimeAmount(timeout))
  }

  private static func connect(
    to name: UnixSocketName, with bootstrap: ClientBootstrap, on loop: any EventLoop
  ) -> EventLoopFuture<any Channel> {
    do {
      return bootstrap.withConnectedSocket(try UnixSocket.connected(to: name))
    } catch {
      return loop.makeFailedFuture(error)
    }
  }

  /// Tries the addresses one after the other until one takes the connection.
  private func connect(
    to addresses: ArraySlice<SocketAddress>, with bootstrap: ClientBootstrap, on loop: any EventLoop,
    failures: [String]
  ) -> EventLoopFuture<any Channel> {
    guard let first = addresses.first else {
      let message = failures.isEmpty ? "no address was given" : failures.joined(separator: "; ")
      return loop.makeFailedFuture(TransportError(.connect, message))
    }
    return bootstrap.connect(to: first).assumeIsolated().flatMapError { error in
      self.connect(
        to: addresses.dropFirst(), with: bootstrap, on: loop,
        failures: failures + ["\(PeerAddress.text(of: first)): \(ConnectFailure.text(error))"])
    }.nonisolated()
  }

  private func install(
    _ result: Result<any Channel, any Error>, _ executor: LoopExecutor, _ configuration: ConnectionConfiguration,
    _ delegate: any ConnectionDelegate
  ) -> Result<Connection, TransportError> {
    switch result {
    case .failure(let error):
      let message = "cannot connect to \(address): \(ConnectFailure.text(error))"
      return .failure(TransportError(.connect, message, cause: error))
    case .success(let channel):
      do {
        return .success(
          try ChannelSetup.install(
            on: channel, role: .client, tls: tls.map { ($0, serverName) }, configuration: configuration,
            delegate: delegate))
      } catch {
        channel.close(promise: nil)
        return .failure(TransportError(error))
      }
    }
  }
}
