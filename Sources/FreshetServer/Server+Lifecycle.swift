// A server as a member of a ServiceLifecycle group.
public import FreshetTLS
public import FreshetTransport
public import ServiceLifecycle

extension Server {
  /// A member of a ServiceLifecycle group: serves on this address while the group runs. The group handles signals; its
  /// graceful shutdown drains the server and is visible to its handlers. `trapsSignals` has no effect.
  ///
  /// ```swift
  /// let server = Server(services: [EchoService()])
  /// let group = ServiceGroup(
  ///   services: [server.service(on: .tcp(host: "0.0.0.0", port: 50051))], gracefulShutdownSignals: [.sigterm],
  ///   logger: Logger(label: "echo"))
  /// try await group.run()
  /// ```
  ///
  /// - Parameters:
  ///   - tls: the server's certificate and key; nil serves plaintext.
  ///   - onReady: called once with the bound address, when clients can connect.
  /// - Returns: a member whose `run` throws like `run(on:)`.
  public func service(
    on address: ListenAddress, tls: TLSConfiguration? = nil,
    onReady: @escaping @Sendable (BoundAddress) -> Void = { _ in }
  ) -> some ServiceLifecycle.Service {
    GroupMember { try await self.run(on: address, tls: tls, StopSignal(trapsSignals: false), onReady) }
  }
}

private struct GroupMember: ServiceLifecycle.Service {
  let body: @Sendable () async throws -> Void

  func run() async throws { try await body() }
}
