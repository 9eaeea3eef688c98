// The peers of one run of the suite: started on first use, shared, and stopped at its end.
import Foundation
import Freshet
import TestSupport
import Testing

/// Starts each shared peer once. Tests that kill or reconfigure a peer start their own.
actor Peers {
  @TaskLocal static var current: Peers?

  /// The package's root.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  nonisolated let matrix = Matrix()
  nonisolated let credentials: Credentials
  nonisolated let folder: TemporaryFolder
  private var pythonServers: [Security: Task<PythonServer, any Error>] = [:]
  private var ourServers: [Security: Task<(OurServer, PythonClient), any Error>] = [:]

  init() throws {
    folder = try TemporaryFolder()
    credentials = try Credentials(in: folder)
  }

  /// A Python server. Our client chooses the TLS version.
  func pythonServer(_ security: Security) async throws -> PythonServer {
    let key = security == .tls12 ? .tls13 : security
    let starting =
      pythonServers[key]
      ?? Task { try await PythonServer.start(key, credentials, unixPath: folder / "python.sock") }
    pythonServers[key] = starting
    return try await starting.value
  }

  /// Our server, with a Python client that has a channel to it.
  func ourServer(_ security: Security) async throws -> (OurServer, PythonClient) {
    let starting =
      ourServers[security]
      ?? Task {
        let server = try await OurServer.start(security, credentials, unixPath: folder / "ours.sock")
        return (server, try PythonClient.start(server.target, security, credentials))
      }
    ourServers[security] = starting
    return try await starting.value
  }

  /// Stops all peers and waits for them.
  func stop() async throws {
    for starting in pythonServers.values { try await (try? starting.value)?.stop() }
    for starting in ourServers.values {
      guard let (server, client) = try? await starting.value else { continue }
      try await client.stop()
      try await server.stop()
    }
    folder.remove()
  }

  /// The Python interpreter that has grpcio, and the folder for its generated stubs.
  /// - Throws: `PeersMissing` when the environment does not name them.
  static func python() throws -> (interpreter: String, stubs: String) {
    let environment = ProcessInfo.processInfo.environment
    guard let interpreter = environment["FRESHET_PEER_PYTHON"], let stubs = environment["FRESHET_PEER_STUBS"] else {
      throw PeersMissing(description: "FRESHET_PEER_PYTHON and FRESHET_PEER_STUBS are not both set")
    }
    guard FileManager.default.isExecutableFile(atPath: interpreter) else {
      throw PeersMissing(description: "FRESHET_PEER_PYTHON says “\(interpreter)”, which is no program")
    }
    return (interpreter, stubs)
  }

  /// The path of a peer's script.
  static func script(_ name: String) -> String { root.appending(path: "Tests/InteropTests/peers/\(name)").path }
}

/// The environment does not name the peers.
struct PeersMissing: Error, CustomStringConvertible {
  private let what: String
  init(description: String) { what = description }

  var description: String {
    "\(what): the interoperability tests need peers of other implementations. Run them by `make test`, "
      + "which puts them in .build-peers; or set FRESHET_PEER_PYTHON to an interpreter that has "
      + "Tests/InteropTests/peers/requirements.txt installed, FRESHET_PEER_STUBS to a folder for generated stubs, "
      + "and FRESHET_PEER_CPP to a folder that Tests/InteropTests/peers/interop-cpp was built into."
  }
}

/// Starts the peers, stops them after the suite, and publishes the matrix.
struct PythonPeersTrait: SuiteTrait, TestScoping {
  @concurrent func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    let peers = try Peers()
    try await Peers.$current.withValue(peers) { try await function() }
    try await peers.stop()
    try peers.matrix.publish()
  }
}

extension Trait where Self == PythonPeersTrait {
  static var pythonPeers: Self { Self() }
}
