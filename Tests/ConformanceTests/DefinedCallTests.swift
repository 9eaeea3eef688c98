// The client under test calls the server under test in each setup.
import ConformanceStubs
import ConformanceSupport
import SwiftProtobuf
import TestSupport
import Testing

extension ConformanceTests {
  @Suite struct DefinedCallTests {
    @Test(arguments: Setup.allCases)
    func `defined responses, errors, limits, deadlines and cancellations work`(_ setup: Setup)
      async throws
    {
      let run = try #require(ConformanceRun.current)
      let server = try await run.server(setup)
      // Several at once, as runners do.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, aCase) in DefinedCases.all.enumerated() {
          if index >= 16 { try await group.next() }
          group.addTask {
            var aCase = aCase
            setup.complete(&aCase.request, server.response)
            let response = try await run.call(aCase.request)
            await run.record(aCase.request.testName, aCase.problems(response))
          }
        }
        try await group.waitForAll()
      }
    }

    @Test func `the unimplemented method is UNIMPLEMENTED`() async throws {
      try await expect("unimplemented", .unimplemented) { request in
        request.method = "Unimplemented"
        request.requestMessages = [try .init(message: UnimplementedRequest())]
      }
    }

    @Test func `an untrusted server certificate is UNAVAILABLE`() async throws {
      let stranger = TestCertificate.selfSigned(commonName: "a stranger", usage: .server)
      try await expect("a stranger's certificate", .unavailable, .tls) {
        $0.serverTlsCert = .init(stranger.certificatePEM)
      }
    }

    @Test func `a client without the required certificate is refused`() async throws {
      try await expect("no client certificate", .unavailable, .clientCertificate) { $0.clearClientTlsCreds() }
      let stranger = TestCertificate.selfSigned(commonName: "a stranger", usage: .client)
      try await expect("a stranger's client certificate", .unavailable, .clientCertificate) {
        $0.clientTlsCreds = stranger.creds
      }
    }

    @Test func `the client rejects features it lacks without making a call`() async throws {
      let run = try #require(ConformanceRun.current)
      let changes: [(String, @Sendable (inout ClientCompatRequest) -> Void)] = [
        ("HTTP/3", { $0.httpVersion = .httpVersion3 }), ("gRPC over HTTP/1.1", { $0.httpVersion = .httpVersion1 }),
        ("another codec", { $0.codec = .UNRECOGNIZED(9) }),
        ("another compression", { $0.compression = .snappy }), ("another method", { $0.method = "Nothing" }),
        ("no message", { $0.requestMessages = [] }),
      ]
      for (name, change) in changes {
        var request = Case(name, .unary, Definition()).request
        Setup.h2c.complete(&request, .with { ($0.host, $0.port) = ("127.0.0.1", 1) })
        change(&request)
        let response = try await run.call(request)
        let isRefused = if case .error = response.result { true } else { false }
        await run.record(request.testName, isRefused ? [] : ["no ClientErrorResult"])
      }
    }

    /// Expects a unary call to fail with this code.
    private func expect(
      _ name: String, _ code: Connectrpc_Conformance_V1_Code, _ setup: Setup = .h2c,
      _ change: (inout ClientCompatRequest) throws -> Void
    ) async throws {
      let run = try #require(ConformanceRun.current)
      var aCase = Case(name, .unary, Definition(), .failure([code], responses: 0))
      setup.complete(&aCase.request, try await run.server(setup).response)
      try change(&aCase.request)
      await run.record(aCase.request.testName, aCase.problems(try await run.call(aCase.request)))
    }
  }
}
