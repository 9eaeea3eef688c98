// The reference client calls the server under test in each protocol, codec, compression and carrier.
import ConformanceStubs
import ConformanceSupport
import TestSupport
import Testing

extension ConformanceTests {
  @Suite struct WebCallTests {
    @Test(arguments: WebSetup.Speaks.allCases)
    func `W28–W41: the server answers defined calls as the rules say`(_ speaks: WebSetup.Speaks) async throws {
      let run = try #require(ConformanceRun.current)
      for setup in WebSetup.wanted where setup.speaks == speaks {
        let port = Int(try await run.server(setup.server).response.port)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for (index, aCase) in setup.cases.enumerated() {
            if index >= 16 { try await group.next() }
            group.addTask { await play(aCase, setup, port, run) }
          }
          try await group.waitForAll()
        }
      }
    }

    private func play(_ aCase: Case, _ setup: WebSetup, _ port: Int, _ run: ConformanceRun) async {
      var problems: [String]
      do {
        let response = try await ReferenceClient(setup, aCase.kind).call(aCase.request, port: port)
        problems = aCase.problems(response) + response.response.feedback
      } catch {
        problems = ["\(error)"]
      }
      await run.record("\(setup)/\(aCase.request.testName)", problems)
    }
  }
}
