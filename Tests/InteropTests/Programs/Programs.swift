// The programs of one run: servers start on first use, clients run one case each.
import Foundation
import TestSupport
import Testing
@testable import interop_client

actor Programs {
  @TaskLocal static var current: Programs?

  nonisolated let matrix = ProgramMatrix()
  nonisolated let certificates: ProgramCertificates
  private var servers: [Pairing: Task<ProgramServer, any Error>] = [:]

  init() throws { certificates = try ProgramCertificates() }

  /// The pairing's server; clients share it.
  func server(_ pairing: Pairing) async throws -> ProgramServer {
    // Servers depend on the program and the security alone.
    let key = Pairing(client: .freshet, server: pairing.server, security: pairing.security)
    let starting = servers[key] ?? Task { try await ProgramServer.start(key.server, key.security, certificates) }
    servers[key] = starting
    let server = try await starting.value
    matrix.setName(of: key.server, server.name)
    return server
  }

  /// Runs the trial's client to its end.
  func run(_ trial: Trial, tls: [String]? = nil, soak: [String] = Programs.soakFlags) async throws -> ProgramRun {
    let pairing = trial.pairing
    let server = try await server(pairing)
    let client = try pairing.client.client
    let flags = [
      "--server_host=127.0.0.1", "--server_port=\(server.port)", "--test_case=\(trial.testCase.rawValue)",
    ]
    let run = try await ProgramRun.of(
      client.executable, client.arguments + flags + (tls ?? certificates.clientFlags(pairing.security)) + soak,
      within: .seconds(180))
    // Other programs print their name: “gRPC C++ 1.51.1: empty_unary passed”.
    if let end = run.output.range(of: ": \(trial.testCase.rawValue) passed") {
      matrix.setName(of: pairing.client, String(run.output[..<end.lowerBound]))
    }
    return run
  }

  /// Checks the responses, not their speed: the machine is shared.
  static let soakFlags = [
    "--soak_iterations=20", "--soak_max_failures=0", "--soak_per_iteration_max_acceptable_latency_ms=60000",
    "--soak_overall_timeout_seconds=150", "--soak_min_time_ms_between_rpcs=1",
  ]

  /// Stops all servers and waits for them.
  func stop() async throws {
    for starting in servers.values { try await (try? starting.value)?.stop() }
    certificates.remove()
  }
}

/// Starts the programs, stops them after the suite, and publishes the matrix.
struct ProgramsTrait: SuiteTrait, TestScoping {
  @concurrent func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    let programs = try Programs()
    try await Programs.$current.withValue(programs) { try await function() }
    try await programs.stop()
    try programs.matrix.publish()
  }
}

extension Trait where Self == ProgramsTrait {
  static var programs: Self { Self() }
}
