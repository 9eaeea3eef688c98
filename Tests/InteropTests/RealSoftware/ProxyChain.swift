// A proxy between our server and both kinds of client.
import Freshet
import TestSupport
import Testing

struct ProxyChain: Sendable {
  /// These programs print nothing to standard output.
  typealias Process = PeerProcess<String>

  let server: OurServer
  let process: Process
  /// Where the proxy listens.
  let socket: String
  /// nil if only our client calls.
  private let python: PythonClient?
  private let security: Security
  private let credentials: Credentials
  private let folder: TemporaryFolder

  static func start(
    _ proxy: Proxy, _ security: Security, _ credentials: Credentials, withPython: Bool = true,
    _ change: (inout ProxyConfiguration) -> Void = { _ in }
  ) async throws -> ProxyChain {
    let folder = try TemporaryFolder()
    let server = try await OurServer.start(security, credentials, unixPath: "")
    var configuration = ProxyConfiguration(
      proxy: proxy, security: security, socket: folder / "front", backend: server.target, credentials: credentials,
      folder: folder)
    change(&configuration)
    let process: Process = try proxy.software.start(try configuration.arguments())
    let python =
      withPython
      ? try PythonClient.start("unix:\(folder / "front")", security, credentials, expecting: "localhost") : nil
    let chain = ProxyChain(
      server: server, process: process, socket: folder / "front", python: python, security: security,
      credentials: credentials, folder: folder)
    do { try await chain.waitUntilReady() } catch {
      try? await chain.stop()
      throw error
    }
    return chain
  }

  /// Makes a call through the whole chain; fails at once if the proxy exits instead.
  private func waitUntilReady() async throws {
    try await withThrowingTaskGroup { group in
      group.addTask {
        try await withOurClient { client in
          let options = CallOptions(timeout: .seconds(60), waitForReady: true)
          _ = try await client.call(.get, ["ready?"], options)
        }
      }
      group.addTask {
        // It prints nothing, so this ends only when the program exits, with its standard error.
        try await process.line("it keeps running", within: .seconds(90)) { _ in true }
      }
      try await group.next()
      group.cancelAll()
    }
  }

  /// Runs `body` with our client and a channel to the proxy.
  func withOurClient(
    configuration: ChannelConfiguration = ChannelConfiguration(), _ body: (OurClient) async throws -> Void
  ) async throws {
    let tls = credentials.clientConfiguration(security, serverName: "localhost")
    try await withClient("unix:\(socket)", tls: tls, configuration: configuration, body)
  }

  /// Runs `body` with our client and a channel to our server, bypassing the proxy.
  func withDirectClient(_ body: (OurClient) async throws -> Void) async throws {
    let tls = credentials.clientConfiguration(security, serverName: "localhost")
    try await withClient(server.target, tls: tls, body)
  }

  /// Runs `body` with a client of that kind.
  /// - Parameter configuration: of our client.
  func withCaller(
    _ kind: ClientKind, configuration: ChannelConfiguration, _ body: (any Caller) async throws -> Void
  ) async throws {
    switch kind {
    case .freshet: try await withOurClient(configuration: configuration) { try await body($0) }
    case .python: try await body(try #require(python))
    case .curl: fatalError("curl makes its calls by itself")
    }
  }

  /// Stops all three and waits for them.
  func stop() async throws {
    defer { folder.remove() }
    try await stopAll([{ try await python?.stop() }, process.stop, server.stop])
  }
}

/// A proxy, a security and a client.
struct Route: Sendable, CustomTestStringConvertible {
  var proxy: Proxy
  var security: Security
  var client: ClientKind

  static let all = ours + ours.map { Route(proxy: $0.proxy, security: $0.security, client: .python) }
  static let ours = Proxy.allCases.flatMap { proxy in
    Security.common.map { Route(proxy: proxy, security: $0, client: .freshet) }
  }

  var testDescription: String { "\(client.rawValue) through \(proxy) over \(security.rawValue)" }
}

/// Runs one case through a shared proxy.
func through(
  _ route: Route, _ name: String, configuration: ChannelConfiguration = ChannelConfiguration(),
  _ body: @escaping @Sendable (ProxyChain, any Caller) async throws -> Void
) async throws {
  try await realSoftware(route.proxy.software, name, client: route.client, route.security) { stage in
    let chain = try await stage.chain(route.proxy, route.security)
    try await chain.withCaller(route.client, configuration: configuration) { try await body(chain, $0) }
  }
}

/// Runs one case of our client through a shared proxy.
func throughWithOurs(
  _ route: Route, _ name: String,
  _ body: @escaping @Sendable (ProxyChain, OurClient) async throws -> Void
) async throws {
  try await realSoftware(route.proxy.software, name, client: .freshet, route.security) { stage in
    let chain = try await stage.chain(route.proxy, route.security)
    try await chain.withOurClient { try await body(chain, $0) }
  }
}

/// Runs one case of our client through its own proxy, for tests that kill or reconfigure it.
func throughOwn(
  _ route: Route, _ name: String, _ change: (inout ProxyConfiguration) -> Void = { _ in },
  _ body: @escaping @Sendable (ProxyChain, OurClient) async throws -> Void
) async throws {
  let stage = try #require(Stage.current)
  let chain = try await ProxyChain.start(route.proxy, route.security, stage.credentials, withPython: false, change)
  do {
    try await realSoftware(route.proxy.software, name, client: .freshet, route.security) { _ in
      try await chain.withOurClient { try await body(chain, $0) }
    }
  } catch {
    try? await chain.stop()
    throw error
  }
  try await chain.stop()
}
