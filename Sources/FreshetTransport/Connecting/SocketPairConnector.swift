// Connects a client with a server in the same process: everything is real except the network.
import FreshetHTTP2
import NIOCore
import NIOPosix

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Creates a socket pair for each connection, and passes one end to a server.
package struct SocketPairConnector: Connector {
  /// Takes ownership of one end of the pair.
  package typealias Serve = @Sendable (CInt) -> Void

  private let serve: Serve

  package init(serve: @escaping Serve) { self.serve = serve }

  package func connect(
    to address: ConnectAddress, on executor: LoopExecutor, configuration: ConnectionConfiguration, timeout: Duration,
    delegate: any ConnectionDelegate, completion: @escaping Completion
  ) -> Connecting {
    let connecting = Connecting()  // a pair is connected from the start, so there is nothing to cancel
    var pair: [CInt] = [-1, -1]
    // Child processes must not inherit the sockets: they would keep the connection open.
    #if canImport(Darwin)
      let kind = SOCK_STREAM
    #else
      let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
    #endif
    guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else {
      let reason = String(cString: strerror(errno))
      completion(.failure(TransportError(.connect, "cannot make a socket pair: \(reason)")))
      return connecting
    }
    #if canImport(Darwin)
      for socket in pair { _ = fcntl(socket, F_SETFD, FD_CLOEXEC) }
    #endif
    serve(pair[1])
    ClientBootstrap(group: executor.loop)
      .channelOption(.writeBufferWaterMark, value: ChannelSetup.waterMark)
      .withConnectedSocket(pair[0])
      .assumeIsolated().whenComplete { result in
        completion(
          result.flatMap { channel in
            Result {
              try ChannelSetup.connect(
                on: channel, tls: nil, configuration: configuration, delegate: delegate)
            }
          }.mapError { TransportError(.connect, "cannot use a socket pair: \($0)", cause: $0) })
      }
    return connecting
  }
}
