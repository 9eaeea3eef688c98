// gRPC's interoperability tests: our programs against those of other implementations, in both roles.
import TestSupport
import Testing
@testable import interop_client

/// Each trial is a cell of the matrix that is printed at the end. They run one after the other, since a soak needs
/// the whole machine.
/// machine for itself.
@Suite(.programs, .serialized) struct ProgramTests {
  @Test(arguments: Trial.all)
  func `gRPC's interoperability cases pass`(_ trial: Trial) async throws {
    let programs = try #require(Programs.current)
    if let obstacle = trial.obstacle { return programs.matrix.add(.impossible(obstacle), trial) }
    do {
      let run = try await programs.run(trial)
      programs.matrix.add(run.status == 0 ? .passed : .failed(run.output), trial)
      #expect(run.status == 0, "\(run.output)")
    } catch {
      programs.matrix.add(.failed("\(error)"), trial)
      throw error
    }
  }

  @Test func `Every case has a peer for our client and for our server, with and without TLS`() {
    let possible = Trial.all.filter { $0.obstacle == nil }
    for testCase in TestCase.allCases {
      for security in Security.common {
        let pairings = possible.filter { $0.testCase == testCase && $0.pairing.security == security }.map(\.pairing)
        #expect(pairings.contains { $0.client == .freshet }, "\(testCase)")
        #expect(pairings.contains { $0.server == .freshet }, "\(testCase)")
      }
    }
  }

  @Test func `interop-client prints expected and actual values, and exits with 1`() async throws {
    let programs = try #require(Programs.current)
    // Python does not check whether a request was compressed.
    let pairing = Pairing(client: .freshet, server: .python, security: .h2c)
    let run = try await programs.run(Trial(testCase: .clientCompressedUnary, pairing: pairing))
    #expect(run.status == 1)
    #expect(run.output.contains("expected INVALID_ARGUMENT, but OK came"), "\(run.output)")
  }

  @Test func `interop-client refuses a certificate for another name`() async throws {
    let programs = try #require(Programs.current)
    let pairing = Pairing(client: .freshet, server: .cpp, security: .tls13)
    let flags = programs.certificates.clientFlags(.tls13, serverName: "elsewhere.test")
    let run = try await programs.run(Trial(testCase: .emptyUnary, pairing: pairing), tls: flags)
    #expect(run.status == 1)
    #expect(run.output.contains("elsewhere.test"), "\(run.output)")
  }

  @Test func `A soak fails when its calls are too slow`() async throws {
    let programs = try #require(Programs.current)
    let pairing = Pairing(client: .freshet, server: .cpp, security: .h2c)
    let run = try await programs.run(
      Trial(testCase: .rpcSoak, pairing: pairing),
      soak: [
        "--soak_iterations=4", "--soak_num_threads=2", "--soak_per_iteration_max_acceptable_latency_ms=0",
        "--soak_max_failures=3", "--soak_overall_timeout_seconds=60",
      ])
    #expect(run.status == 1)
    #expect(run.output.contains("expected at most 3, but 4 came"), "\(run.output)")
  }
}
