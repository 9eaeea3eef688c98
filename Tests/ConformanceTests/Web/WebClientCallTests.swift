// The client under test calls the server under test in each protocol, codec, compression and carrier.
import ConformanceStubs
import ConformanceSupport
import TestSupport
import Testing

extension ConformanceTests {
  @Suite struct WebClientCallTests {
    @Test(arguments: [WebSetup.Speaks.grpc, .grpcWeb, .connect, .connectGET])
    func `W21–W41: the client makes defined calls as the rules say`(_ speaks: WebSetup.Speaks) async throws {
      let run = try #require(ConformanceRun.current)
      for setup in WebSetup.wanted where setup.speaks == speaks {
        let server = try await run.server(setup.server).response
        try await withThrowingTaskGroup(of: Void.self) { group in
          for (index, aCase) in setup.clientCases.enumerated() {
            if index >= 16 { try await group.next() }
            group.addTask {
              var aCase = aCase
              setup.complete(&aCase.request, server)
              let response = try await run.call(aCase.request)
              await run.record(aCase.request.testName, aCase.problems(response))
            }
          }
          try await group.waitForAll()
        }
      }
    }
  }
}

extension WebSetup {
  /// The cases that the client can play. Limits, deadlines and cancellations are played where messages and carrier are
  /// plain, or with FRESHET_CONFORMANCE=all.
  fileprivate var clientCases: [Case] {
    let isPlain = !isJSON && encoding == .identity && !carrier.usesTLS
    return DefinedCases.all.filter { aCase in
      if speaks == .connectGET, aCase.kind != .idempotentUnary { return false }
      if aCase.kind == .fullDuplex, !carrier.isHTTP2 { return false }
      let isOfLimit = aCase.request.messageReceiveLimit > 0 || aCase.request.testName.contains("server's limit")
      let takesTime = aCase.request.hasCancel || aCase.definition?.delayMilliseconds ?? 0 > 1000
      if isOfLimit || takesTime, !isPlain, !Self.isComplete { return false }
      // The size of a message in JSON is another, and a query has none.
      let dataBytes = aCase.definition?.data.map(\.count).reduce(0, +) ?? 0
      if isOfLimit || dataBytes > ConformanceRun.serverReceiveLimit / 2, isJSON || speaks == .connectGET {
        return false
      }
      // One code is like another, except in the table of Connect's names and statuses.
      let code = aCase.definition?.error?.code
      let isError = code.map { aCase.request.testName.hasSuffix("error \($0)") } ?? false
      return !isError || isPlain || Self.isComplete || code == .aborted
    }
  }

  /// Adds this setup's fields to a call of the client.
  fileprivate func complete(_ request: inout ClientCompatRequest, _ server: ServerCompatResponse) {
    request.testName = "client: \(self)/\(request.testName)"
    request.protocol = self.server.speaks
    request.useGetHTTPMethod = speaks == .connectGET
    request.httpVersion = carrier.isHTTP2 ? .httpVersion2 : .httpVersion1
    request.codec = isJSON ? .json : .proto
    request.compression =
      switch encoding {
      case .identity: .identity
      case .gzip: .gzip
      case .deflate: .deflate
      case .zstd: .zstd
      case .br: .br
      }
    (request.host, request.port) = (server.host, server.port)
    request.serverTlsCert = server.pemCert
    if wantsClientCertificate { request.clientTlsCreds = Setup.clientCredentials.creds }
  }
}
