// Runs a server on a real socket during a test.
public import Freshet

/// Serves on `address` while `body` runs, then stops the server by cancelling its task, and waits for its end.
public func withServer<Result>(
  _ services: [any RPCService], on address: ListenAddress = .tcp(host: "127.0.0.1", port: 0),
  tls: TLSConfiguration? = nil,
  interceptors: [any ServerInterceptor] = [], configuration: ServerConfiguration = ServerConfiguration(),
  _ body: (BoundAddress) async throws -> Result
) async throws -> Result {
  var configuration = configuration
  configuration.trapsSignals = false
  let server = Server(services: services, interceptors: interceptors, configuration: configuration)
  return try await withRunning(server, on: address, tls: tls, body)
}

/// The same with a server that does not trap signals.
public func withRunning<Result>(
  _ server: Server, on address: ListenAddress = .tcp(host: "127.0.0.1", port: 0), tls: TLSConfiguration? = nil,
  _ body: (BoundAddress) async throws -> Result
) async throws -> Result {
  let ready = Signal<BoundAddress>()
  let running = Task {
    do {
      try await server.run(on: address, tls: tls, onReady: { ready.set($0) })
    } catch {
      ready.set(.failure(error))
      throw error
    }
  }
  do {
    let result = try await body(try await ready.value())
    running.cancel()
    try await running.value
    return result
  } catch {
    running.cancel()
    _ = await running.result
    throw error
  }
}

extension BoundAddress {
  /// The target of a channel to this address.
  public var target: String { path.map { "unix:\($0)" } ?? "ipv4:\(host):\(port)" }
}

/// Shuts the channel down after `body`, in any case.
public func withChannel<Result>(_ channel: RPCChannel, _ body: (RPCChannel) async throws -> Result) async throws
  -> Result
{
  do {
    let result = try await body(channel)
    await channel.shutdown()
    return result
  } catch {
    await channel.shutdown(grace: .zero)
    throw error
  }
}

/// A server with one service, and a channel to it over TCP.
public func withServerAndChannel<Result>(
  _ service: any RPCService, interceptors: [any ServerInterceptor] = [],
  configuration: ServerConfiguration = ServerConfiguration(), _ body: (RPCChannel) async throws -> Result
) async throws -> Result {
  try await withServer([service], interceptors: interceptors, configuration: configuration) { address in
    try await withChannel(RPCChannel(address.target)) { try await body($0) }
  }
}
