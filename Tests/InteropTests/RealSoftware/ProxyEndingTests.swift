// Calls through a proxy that end early, and what our handlers see of it.
import EchoStubs
import Foundation
import Freshet
import TestSupport
import Testing

extension RealSoftwareTests.ProxyTests {
  @Suite struct Endings {
    @Test(arguments: Route.all, CallKind.allCases)
    func `S14: cancelling a call cancels its handler behind the proxy`(_ route: Route, _ kind: CallKind) async throws {
      try await through(route, "cancellation: \(kind)") { chain, caller in
        let call = try await caller.begin(kind, ["word"], ["x-delay-ms": "120000"])
        _ = try await chain.server.board.started(call.id)
        try await call.cancel()
        #expect(try await call.result().code == .cancelled)
        #expect(try await chain.server.board.cancelled(call.id))
        #expect(try await chain.server.board.ended(call.id).sent == 0)
        #expect(try await caller.call(.get, ["next"]).texts == ["next"])
      }
    }

    @Test(arguments: Route.ours)
    func `C5: leaving the loop over an endless stream cancels its producer behind the proxy`(_ route: Route)
      async throws
    {
      try await throughWithOurs(route, "leaving an endless stream") { chain, client in
        let id = CallID.next()
        var count = 0
        for try await _ in client.echo.expand(Echo_V1_Message("a b"), options: .call(id, ["x-endless": "1"])) {
          count += 1
          if count == 100 { break }
        }
        #expect(try await chain.server.board.cancelled(id))
      }
    }

    @Test(arguments: Route.ours)
    func `When a proxy dies, the client gets UNAVAILABLE and the handler is cancelled`(_ route: Route) async throws {
      try await throughOwn(route, "the proxy dies") { chain, client in
        let call = try await client.begin(.expand, ["word"], ["x-delay-ms": "120000"])
        _ = try await chain.server.board.started(call.id)
        chain.process.signal(9)  // SIGKILL
        #expect(try await call.result().code == .unavailable)
        #expect(try await chain.server.board.cancelled(call.id))
      }
    }

    @Test(arguments: Route.ours)
    func `C2: with our server gone, the proxy's HTTP error is UNAVAILABLE`(_ route: Route) async throws {
      try await throughOwn(route, "our server is gone") { chain, client in
        try await chain.server.stop()
        let result = try await client.call(.get, ["word"], [:] as Metadata)
        #expect(result.code == .unavailable, "\(result.message)")
      }
    }

    @Test(arguments: Route.ours)
    func `S15: a server that stops drains calls through a proxy`(_ route: Route) async throws {
      try await throughOwn(route, "our server drains") { chain, client in
        let call = try await client.begin(.update, ["a", "b"], ["x-gate": "1"])
        _ = try await chain.server.board.started(call.id)
        chain.server.beginStopping()
        if route.proxy == .nghttpx {
          try await waitUntilRefused(chain)
        } else {
          // Calls are accepted until the GOAWAY arrives at the proxy.
          var late = try await client.call(.get, ["late"], [:] as Metadata)
          while late.code == .ok { late = try await client.call(.get, ["late"], [:] as Metadata) }
          #expect(late.code == .unavailable, "\(late.message)")
        }
        #expect(!chain.server.board.hasEnded(call.id))
        chain.server.board.openGate(call.id)
        let result = try await call.result()
        #expect(result.code == .ok, "\(result.message)")
        #expect(result.texts == CallKind.update.answers(to: ["a", "b"], by: "swift"))
        try await chain.server.stop()
      }
    }

    /// Makes no calls through nghttpx 1.52 while our GOAWAY is in flight, since that may end running calls. The
    /// frames between it and our server when a GOAWAY arrives while nghttpx has unwritten requests (SIGSTOP it, drain,
    /// make two calls, SIGCONT it):
    ///
    ///     → HEADERS 3                                      the call that runs
    ///     ← GOAWAY(2³¹−1, NO_ERROR), PING
    ///     → PING ack, RST_STREAM(5, INTERNAL_ERROR), RST_STREAM(7, INTERNAL_ERROR)
    ///     ← GOAWAY(3, NO_ERROR), GOAWAY(3, PROTOCOL_ERROR, “RST_STREAM: stream in idle”)
    ///
    /// and its log: “Failed to send control frame type=1 … request HEADERS is not allowed”, “Submit RST_STREAM …
    /// stream_id=5”. Streams 5 and 7 were never opened; for RST_STREAM on an idle stream RFC 9113 §6.4 requires exactly
    /// this connection error, which also ends stream 3.
    private func waitUntilRefused(_ chain: ProxyChain) async throws {
      remark(
        "no calls meanwhile: nghttpx resets streams that it has not opened, which ends the connection (RFC 9113 §6.4)")
      var direct: CallResult
      repeat {
        direct = CallResult()
        try await chain.withDirectClient { direct = try await $0.call(.get, ["late"]) }
      } while direct.code == .ok
      #expect(direct.code == .unavailable, "\(direct.message)")
    }

    @Test(
      arguments: Route.ours.filter { $0.proxy == .nginx })
    func `C6: no call is lost when a proxy sends GOAWAY after every ten requests`(_ route: Route) async throws {
      try await throughOwn(route, "GOAWAY every ten requests", { $0.requestsPerConnection = 10 }) { chain, client in
        // nginx sends GOAWAY before it answers the tenth, so sequential calls do not notice.
        for number in 0..<100 {
          let texts = try await client.call(.get, ["\(number)"], CallOptions()).texts
          #expect(texts == ["\(number)"])
        }
        // Each connection takes ten of these and refuses the others.
        try await withThrowingTaskGroup { group in
          for number in 0..<100 {
            group.addTask {
              let result = try await client.call(CallKind.allCases[number % 4], ["\(number)"])
              #expect(result.code == .ok, "\(result.message)")
              #expect(result.texts == CallKind.allCases[number % 4].answers(to: ["\(number)"], by: "swift"))
            }
          }
          try await group.waitForAll()
        }
      }
    }
  }
}
