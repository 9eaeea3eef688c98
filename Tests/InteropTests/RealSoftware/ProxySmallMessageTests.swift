// Streams of many small messages through a proxy: Python sends each message in its own frame, and Envoy closes a
// connection with 10,000 queued frames.
import EchoStubs
import Freshet
import TestSupport
import Testing

extension RealSoftwareTests.ProxyTests {
  @Suite struct SmallMessages {
    private static let streaming: [CallKind] = [.expand, .collect, .update]
    private static let plain = Route.all.filter { $0.security == .h2c }

    /// With one frame per message in one direction, as many as reliably broke the connection with windows of 512
    /// KiB. Where messages share frames or wait for each other, more than Envoy queues; few for proxies without such a
    /// limit.
    private static func count(_ proxy: Proxy, ownFrames: Bool) -> Int {
      if proxy != .envoy { return 2_000 }
      return ownFrames ? 100_000 : 20_000
    }

    /// Envoy coalesces messages that arrive faster than they leave; gRPC's C core sends WINDOW_UPDATEs for each.
    /// When there are more than ten per DATA frame, Envoy closes its connection (`inbound_window_update_frames_flood`).
    private static func isTakenForFlood(_ proxy: Proxy, _ kind: CallKind) -> Bool {
      guard proxy == .envoy, kind == .update else { return false }
      remark("1,000 both ways: Envoy takes the WINDOW_UPDATEs of gRPC for Python for a flood when there are more")
      return true
    }

    private static func words(_ count: Int) -> [String] {
      (0..<count).map { "small-message-\(100_000 + $0)" }
    }

    @Test(arguments: plain, streaming)
    func `Many messages of 20 bytes pass to our server and back`(_ route: Route, _ kind: CallKind) async throws {
      try await through(route, "small messages: \(kind)") { chain, caller in
        let isTooMany = route.client == .python && Self.isTakenForFlood(route.proxy, kind)
        let words = Self.words(
          isTooMany ? 1_000 : Self.count(route.proxy, ownFrames: route.client == .python && kind == .collect))
        let result = try await caller.call(kind, words)
        try #require(result.code == .ok, "\(result.message)")
        #expect(result.texts == kind.answers(to: words, by: "swift"))
      }
    }

    @Test(arguments: Proxy.allCases, streaming)
    func `Many messages of 20 bytes pass from a server in Python to our client`(_ proxy: Proxy, _ kind: CallKind)
      async throws
    {
      try await realSoftware(proxy.software, "small messages: \(kind), Python's server", client: .freshet, .h2c) {
        stage in
        try await withPythonBehind(proxy, stage.credentials) { client in
          let words = Self.words(
            Self.isTakenForFlood(proxy, kind) ? 1_000 : Self.count(proxy, ownFrames: kind == .expand))
          let result = try await client.call(kind, words)
          try #require(result.code == .ok, "\(result.message)")
          #expect(result.texts == kind.answers(to: words, by: "python"))
        }
      }
    }

    /// Runs a case with its own proxy between a Python server and our client.
    private func withPythonBehind(
      _ proxy: Proxy, _ credentials: Credentials, _ body: (OurClient) async throws -> Void
    ) async throws {
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      let server = try await PythonServer.start(.h2c, credentials, unixPath: "")
      let configuration = ProxyConfiguration(
        proxy: proxy, security: .h2c, socket: folder / "front", backend: "127.0.0.1:\(server.port)",
        credentials: credentials, folder: folder)
      let process: ProxyChain.Process = try proxy.software.start(try configuration.arguments())
      var failure: (any Error)?
      do {
        try await withClient("unix:\(folder / "front")", tls: nil) { client in
          _ = try await client.call(.get, ["ready?"], CallOptions(timeout: .seconds(60), waitForReady: true))
          try await body(client)
        }
      } catch { failure = error }
      try await stopAll([process.stop, server.stop])
      if let failure { throw failure }
    }
  }
}
