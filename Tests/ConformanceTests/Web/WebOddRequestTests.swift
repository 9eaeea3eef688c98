// A raw client sends odd requests to the server under test over each carrier.
import ConformanceStubs
import ConformanceSupport
import TestSupport
import Testing

extension ConformanceTests {
  @Suite struct WebOddRequestTests {
    @Test(arguments: WebCarrier.allCases)
    func `W6, W28–W37: the server answers odd requests as the rules say`(_ carrier: WebCarrier) async throws {
      let run = try #require(ConformanceRun.current)
      let server = WebSetup.Server(speaks: .connect, carrier: carrier, wantsClientCertificate: false)
      let port = Int(try await run.server(server).response.port)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, odd) in WebOddRequest.all.filter({ $0.carriers.contains(carrier) }).enumerated() {
          if index >= 8 { try await group.next() }
          group.addTask {
            var problems: [String]
            do {
              problems = odd.problems(try await carrier.exchange(odd.request, port: port))
            } catch {
              problems = ["\(error)"]
            }
            await run.record("raw client/\(carrier.rawValue)/\(odd.name)", problems)
          }
        }
        try await group.waitForAll()
      }
    }
  }
}
