// A client and a server in one process, over socket pairs: the same framing, HTTP/2 and flow control as over a network.

extension Server {
  /// A channel whose connections end at this server, which need not run on any address. For tests, and for services
  /// that live together.
  ///
  /// ```swift
  /// let server = Server(services: [EchoService()])
  /// let channel = server.inProcessChannel()
  /// let reply = try await Echo_V1_Echo.Client(channel).get(.with { $0.text = "hello" })
  /// await channel.shutdown()
  /// await server.drain()
  /// ```
  public func inProcessChannel(
    interceptors: [any ClientInterceptor] = [], configuration: ChannelConfiguration = ChannelConfiguration()
  ) -> Channel {
    Channel(
      connector: SocketPairConnector { socket in self.serve(connectedSocket: socket) }, interceptors: interceptors,
      configuration: configuration)
  }
}
