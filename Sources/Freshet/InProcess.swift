// A client and a server in one process, over socket pairs: the same framing, HTTP/2 and flow control as over a network.
public import FreshetClient
public import FreshetServer
public import FreshetTransport

extension Server {
  /// A channel whose connections end at this server, which need not be running on any address. For tests, and for
  /// services in the same process.
  ///
  /// ```swift
  /// let server = Server(services: [EchoService()])
  /// let channel = server.inProcessChannel()
  /// let reply = try await Echo_V1_Echo.Client(channel).get(.with { $0.text = "hello" })
  /// await channel.shutdown()
  /// await server.drain()
  /// ```
  ///
  /// - Parameter clock: measures the deadlines of the channel's calls, at both ends, which then share the clock's event
  ///   loop.
  public func inProcessChannel(
    interceptors: [any ClientInterceptor] = [], configuration: ChannelConfiguration = ChannelConfiguration(),
    clock: CallClock? = nil
  ) -> RPCChannel {
    var configuration = configuration
    if let clock { configuration.eventLoopGroup = clock.eventLoopGroup }
    let connector = SocketPairConnector { socket in self.serve(connectedSocket: socket, clock: clock) }
    return RPCChannel(connector: connector, interceptors: interceptors, configuration: configuration)
  }
}
