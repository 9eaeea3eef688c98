// Software used in production: etcd as the server of our client, and proxies in front of our server.
import Foundation
import Freshet
import TestSupport
import Testing

/// Each test is a row of the table printed at the end: software × case × client × security.
@Suite(.realSoftware) struct RealSoftwareTests {}

/// Starts the programs, stops them after the suite, and publishes the table.
struct RealSoftwareTrait: SuiteTrait, TestScoping {
  @concurrent func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    let stage = try Stage()
    try await Stage.$current.withValue(stage) { try await function() }
    try stage.publish()
    try await stage.stop()
  }
}

extension Trait where Self == RealSoftwareTrait {
  static var realSoftware: Self { Self() }
}

/// Shared by the tests of one run; each program starts on first use.
actor Stage {
  @TaskLocal static var current: Stage?
  /// The row of the running case.
  @TaskLocal static var row: [String] = []

  nonisolated let table = ResultTable(columns: ["software", "case", "client", "over"])
  nonisolated let credentials: Credentials
  nonisolated let folder: TemporaryFolder
  private nonisolated let title: String
  private var etcds: [Security: Task<Etcd, any Error>] = [:]
  private var chains: [String: Task<ProxyChain, any Error>] = [:]

  /// - Throws: `SoftwareMissing` when a program is not installed.
  init() throws {
    let versions = try Software.allCases.map { "\($0.rawValue) \(try $0.version())" }
    title = "Real software: " + versions.joined(separator: ", ")
    folder = try TemporaryFolder()
    credentials = try Credentials(in: folder)
  }

  func etcd(_ security: Security) async throws -> Etcd {
    let starting = etcds[security] ?? Task { try await Etcd.start(security, credentials, in: folder) }
    etcds[security] = starting
    return try await starting.value
  }

  /// A proxy in front of our server.
  func chain(_ proxy: Proxy, _ security: Security) async throws -> ProxyChain {
    let key = "\(proxy) \(security)"
    let starting = chains[key] ?? Task { try await ProxyChain.start(proxy, security, credentials) }
    chains[key] = starting
    return try await starting.value
  }

  /// Stops all programs and waits for them.
  func stop() async throws {
    defer { folder.remove() }
    let (etcds, chains) = (Array(etcds.values), Array(chains.values))
    try await stopAll(
      etcds.map { starting in { try await (try? starting.value)?.stop() } }
        + chains.map { starting in { try await (try? starting.value)?.stop() } })
  }

  nonisolated func publish() throws {
    try table.publish(title: title, to: Peers.root.appending(path: ".build-logs/interop-software.txt"))
  }
}

/// Runs one case. Its row fails when `body` throws or any expectation in it does.
func realSoftware(
  _ software: Software, _ name: String, client: ClientKind, _ security: Security,
  _ body: @escaping @Sendable (Stage) async throws -> Void
) async throws {
  let stage = try #require(Stage.current)
  let test = try #require(Test.current)
  let row = [software.rawValue, name, client.rawValue, security.rawValue]
  let watch = IssueHandlingTrait.compactMapIssues { issue in
    stage.table.add(row, passed: false)
    return issue
  }
  do {
    try await watch.provideScope(for: test, testCase: .current) {
      try await Stage.$row.withValue(row) { try await body(stage) }
    }
    stage.table.add(row, passed: true)
  } catch {
    stage.table.add(row, passed: false)
    throw error
  }
}

/// Adds a remark to the row of the running case: a limit of the software that it showed.
func remark(_ text: String) { Stage.current?.table.add(Stage.row, passed: true, remark: text) }

/// Calls each in turn, also after one has thrown.
/// - Throws: the last error.
func stopAll(_ stops: [() async throws -> Void]) async throws {
  var failure: (any Error)?
  for stop in stops {
    do { try await stop() } catch { failure = error }
  }
  if let failure { throw failure }
}

extension RealSoftwareTests {
  /// Serialized for the same reason as `InteropTests`.
  @Suite(.serialized) struct ProxyTests {}
}
