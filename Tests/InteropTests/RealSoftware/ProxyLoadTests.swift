// Calls through a proxy that are large or many.
import EchoStubs
import Freshet
import TestSupport
import Testing

extension RealSoftwareTests.ProxyTests {
  @Suite struct Load {
    @Test("Messages of 1 MB arrive whole in both directions", arguments: Route.all, [CallKind.get, .update])
    func large(_ route: Route, _ kind: CallKind) async throws {
      // haproxy 2.6 stops reading a whole connection when one stream's buffer is full, so it does not see the
      // WINDOW_UPDATE behind that stream's DATA. When both its sides wait so, a call hangs, as it does for gRPC's C core
      // with windows of 64 KiB. The C core's default window holds these messages, so there is always one side that reads.
      var configuration = ChannelConfiguration()
      let needsRoom = route.proxy == .haproxy && route.client == .freshet && kind == .update
      if needsRoom { configuration.connection.http2.streamWindowBytes = 4 * 1024 * 1024 }
      try await through(route, "1 MB messages: \(kind)", configuration: configuration) { _, caller in
        if needsRoom { remark("with a window of 4 MiB: haproxy reads nothing while a stream's buffer is full") }
        let word = largeText(bytes: 1_000_000)
        let words = kind == .update ? [word, word] : [word]
        let result = try await caller.call(kind, words)
        #expect(result.code == .ok, "\(result.message)")
        #expect(result.texts == kind.answers(to: words, by: "swift"))
      }
    }

    @Test("200 calls at the same time, of which 100 wait until all of those are there", arguments: Route.all)
    func parallel(_ route: Route) async throws {
      try await through(route, "200 calls in parallel") { _, caller in
        // The proxies' defaults let a connection have 100 (nginx 128) calls at once: C14, the others wait.
        var calls: [any CallInProgress] = []
        for number in 0..<200 {
          let gathering = Metadata.Value.string("\(route.testDescription)/100")
          let metadata: Metadata = number % 2 == 0 ? ["x-gather": gathering] : [:]
          calls.append(try await caller.begin(CallKind.allCases[number / 2 % 4], ["word-\(number)"], metadata))
        }
        for (number, call) in calls.enumerated() {
          let result = try await call.result()
          #expect(result.code == .ok, "\(result.message)")
          #expect(result.texts == CallKind.allCases[number / 2 % 4].answers(to: ["word-\(number)"], by: "swift"))
        }
      }
    }
  }
}
