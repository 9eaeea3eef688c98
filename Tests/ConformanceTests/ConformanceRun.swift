// One run of the suite: the programs under test, shared by its tests, and the results.
import ConformanceStubs
import ConformanceSupport
import Synchronization
import TestSupport
import Testing

actor ConformanceRun {
  @TaskLocal static var current: ConformanceRun?

  struct Server: Sendable {
    var process: RunnerProcess<ServerCompatResponse>
    var response: ServerCompatResponse
  }

  /// The largest request that the servers accept; each call sets the client's own limit.
  static let serverReceiveLimit = 600 * 1024

  private var client: RunnerProcess<ClientCompatResponse>?
  private var servers: [Setup: Task<Server, any Error>] = [:]
  private var webServers: [WebSetup.Server: Task<Server, any Error>] = [:]
  private var passed = 0
  private var failures: [String] = []

  /// The client under test.
  func runningClient() throws -> RunnerProcess<ClientCompatResponse> {
    if let client { return client }
    let started = try RunnerProcess<ClientCompatResponse>("conformance-client")
    client = started
    return started
  }

  /// The server under test for this setup.
  func server(_ setup: Setup) async throws -> Server {
    let starting = servers[setup] ?? Task { try await Self.startServer(setup) }
    servers[setup] = starting
    return try await starting.value
  }

  func server(_ setup: WebSetup.Server) async throws -> Server {
    let starting =
      webServers[setup] ?? Task { try await Self.startServer(setup.request(receiveLimit: Self.serverReceiveLimit)) }
    webServers[setup] = starting
    return try await starting.value
  }

  private static func startServer(_ setup: Setup) async throws -> Server {
    try await startServer(setup.serverRequest(receiveLimit: serverReceiveLimit))
  }

  private static func startServer(_ request: ServerCompatRequest) async throws -> Server {
    let process = try RunnerProcess<ServerCompatResponse>("conformance-server")
    try await process.send(request)
    process.closeInput()  // as the runner does; the server must keep running
    return Server(process: process, response: try await process.next("the server's address"))
  }

  /// Makes a call with the client under test.
  func call(_ request: ClientCompatRequest) async throws -> ClientCompatResponse {
    let client = try runningClient()
    try await client.send(request)
    return try await client.next("what came of \(request.testName)") { $0.testName == request.testName }
  }

  /// Records a case; prints a line if it failed.
  func record(_ name: String, _ problems: [String]) {
    if problems.isEmpty {
      passed += 1
      return
    }
    let line = "conformance: FAILED \(name): \(problems.joined(separator: "; "))"
    failures.append(line)
    Issue.record(Comment(rawValue: line))
  }

  /// Stops the programs, each of which must exit as the runner expects, and prints the totals.
  func finish() async throws {
    if let client {
      client.closeInput()
      let status = try await client.exitStatus()
      record("the client ends with its input", status == 0 ? [] : ["its exit status is \(status)"])
    }
    let all =
      servers.map { ($0.key.rawValue, $0.value) }
      + webServers.map { ("\($0.key.speaks) \($0.key.carrier)", $0.value) }
    for (name, starting) in all {
      guard case .success(let server) = await starting.result else { continue }
      server.process.terminate()
      let status = try await server.process.exitStatus()
      record("\(name)/the server ends by SIGTERM", status == 0 ? [] : ["its exit status is \(status)"])
    }
    for line in failures { print(line) }
    print("conformance: \(passed) of \(passed + failures.count) cases passed")
  }
}

/// Gives the suite its run.
struct ConformanceRunTrait: SuiteTrait, TestScoping {
  @concurrent func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    let run = ConformanceRun()
    try await ConformanceRun.$current.withValue(run) { try await function() }
    try await run.finish()
  }
}

extension Trait where Self == ConformanceRunTrait {
  static var conformanceRun: Self { Self() }
}

/// Drives our client and our server as a conformance runner does. All suites of this folder belong to it.
@Suite(.conformanceRun, .serialized, .timeLimit(.minutes(10))) struct ConformanceTests {}
