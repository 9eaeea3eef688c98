// The fixtures of a case: our client and Python's server or the reverse, shared or its own.
import Freshet
import TestSupport
import Testing

/// Runs one case with our client and the shared Python server; the client's channel is shut down afterwards.
func againstPythonServer(
  _ name: String, _ security: Security, configuration: ChannelConfiguration = ChannelConfiguration(),
  _ body: @escaping @Sendable (OurClient, PythonServer) async throws -> Void
) async throws {
  try await interop(name, .client, security) { peers in
    let server = try await peers.pythonServer(security)
    let tls = peers.credentials.clientConfiguration(security)
    try await withClient(server.target, tls: tls, configuration: configuration) { client in
      try await body(client, server)
    }
  }
}

/// Makes a client, and shuts its channel down when `body` has ended.
func withClient(
  _ target: String, tls: TLSConfiguration?, configuration: ChannelConfiguration = ChannelConfiguration(),
  _ body: (OurClient) async throws -> Void
) async throws {
  try await withChannel(RPCChannel(target, tls: tls, configuration: configuration)) { try await body(OurClient($0)) }
}

/// Runs one case with our shared server and its Python client.
func againstPythonClient(
  _ name: String, _ security: Security, _ body: @escaping @Sendable (OurServer, PythonClient) async throws -> Void
) async throws {
  try await interop(name, .server, security) { peers in
    let (server, python) = try await peers.ourServer(security)
    try await body(server, python)
  }
}

/// Runs one case with a server and a Python client of its own, for tests that kill them or configure them
/// differently.
func againstOwnPythonClient(
  _ name: String, _ security: Security, configuration: ServerConfiguration = ServerConfiguration(),
  services: [any RPCService]? = nil,
  _ body: @escaping @Sendable (OurServer, PythonClient) async throws -> Void
) async throws {
  try await interop(name, .server, security) { peers in
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let server = try await OurServer.start(
      security, peers.credentials, unixPath: folder / "s", configuration: configuration, services: services)
    try await finally(server.stop) {
      let python = try PythonClient.start(server.target, security, peers.credentials)
      try await finally(python.stop) { try await body(server, python) }
    }
  }
}

/// Runs `end` after `body`, also when that throws.
private func finally(_ end: () async throws -> Void, _ body: () async throws -> Void) async throws {
  do { try await body() } catch {
    try? await end()
    throw error
  }
  try await end()
}

/// Waits until a counter no longer changes during round trips of other calls.
/// - Returns: its final value.
func settled(_ count: () -> Int, roundTrip: () async throws -> Void) async throws -> Int {
  var (last, unchanged) = (-1, 0)
  while unchanged < 30 {
    try await roundTrip()
    let now = count()
    unchanged = now == last ? unchanged + 1 : 0
    last = now
  }
  return last
}
