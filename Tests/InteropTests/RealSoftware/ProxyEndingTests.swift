// Calls through a proxy that end before their time, and what our handlers notice of it.
import EchoStubs
import Foundation
import Freshet
import TestSupport
import Testing

extension RealSoftwareTests.ProxyTests {
  @Suite struct Endings {
    @Test("S4: the deadline passes on; it ends the call at the client and cancels the handler")
    func deadline() async throws {
      // All at the same time, since each takes that long: enough for a handler to start on a machine that is busy.
      try await withThrowingTaskGroup { group in
        for route in Route.all {
          for kind in CallKind.allCases { group.addTask { try await deadline(route, kind) } }
        }
        try await group.waitForAll()
      }
    }

    private func deadline(_ route: Route, _ kind: CallKind) async throws {
      try await through(route, "deadline: \(kind)") { chain, caller in
        let call = try await caller.begin(kind, ["word"], ["x-delay-ms": "120000"], timeout: .seconds(20))
        let timeout = try #require(try await chain.server.board.started(call.id).timeout)
        #expect(timeout > .zero && timeout <= .milliseconds(20_500))  // gRPC's C core rounds up to fewer digits
        #expect(try await chain.server.board.cancelled(call.id))
        #expect(try await call.result().code == .deadlineExceeded)
      }
    }

    @Test("S4: the server's own DEADLINE_EXCEEDED passes to a client that has no clock", arguments: Route.ours)
    func serversDeadline(_ route: Route) async throws {
      try await realSoftware(
        route.proxy.software, "deadline: the server's status", client: .curl, route.security
      ) { stage in
        let chain = try await stage.chain(route.proxy, route.security)
        let id = CallID.next()
        let isPlain = route.security == .h2c
        let url = "\(isPlain ? "http" : "https")://localhost/echo.v1.Echo/Get"
        let security = isPlain ? ["--http2-prior-knowledge"] : ["--http2", "--cacert", stage.credentials.authorityFile]
        let headers = [
          "content-type: application/grpc", "te: trailers", "grpc-timeout: 3S", "x-delay-ms: 120000", "x-call-id: \(id)",
        ]
        let arguments = ["-sS", "-i", "--max-time", "60", "--unix-socket", chain.socket, "--data-binary", "@-"]
        let answer = try await ProgramOutput.awaited(
          "/usr/bin/curl", arguments + security + headers.flatMap { ["-H", $0] } + [url], input: [0, 0, 0, 0, 0])
        #expect(answer.lowercased().contains("grpc-status: 4"), "\(answer)")
        #expect(try await chain.server.board.cancelled(id))
      }
    }

    @Test("S14: cancelling a call cancels its handler behind the proxy", arguments: Route.all, CallKind.allCases)
    func cancellation(_ route: Route, _ kind: CallKind) async throws {
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

    @Test("C5: leaving the loop over an endless stream cancels its producer behind the proxy", arguments: Route.ours)
    func leavingTheLoop(_ route: Route) async throws {
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

    @Test("A proxy that dies: UNAVAILABLE for the client, cancellation for the handler", arguments: Route.ours)
    func deadProxy(_ route: Route) async throws {
      try await throughOwn(route, "the proxy dies") { chain, client in
        let call = try await client.begin(.expand, ["word"], ["x-delay-ms": "120000"])
        _ = try await chain.server.board.started(call.id)
        chain.process.signal(9)  // SIGKILL
        #expect(try await call.result().code == .unavailable)
        #expect(try await chain.server.board.cancelled(call.id))
      }
    }

    @Test("C2: with our server gone, the proxy's HTTP error is UNAVAILABLE", arguments: Route.ours)
    func noServer(_ route: Route) async throws {
      try await throughOwn(route, "our server is gone") { chain, client in
        try await chain.server.stop()
        let result = try await client.call(.get, ["word"], [:] as Metadata)
        #expect(result.code == .unavailable, "\(result.message)")
      }
    }

    // Not through nghttpx: in one of five runs it reset the call that was left with INTERNAL_ERROR. Whose fault that is
    // is not known yet.
    @Test(
      "S15: a server that stops lets calls through a proxy end",
      arguments: Route.ours.filter { $0.proxy != .nghttpx })
    func drain(_ route: Route) async throws {
      try await throughOwn(route, "our server drains") { chain, client in
        let call = try await client.begin(.update, ["a", "b"], ["x-gate": "1"])
        _ = try await chain.server.board.started(call.id)
        chain.server.beginStopping()
        // Until the GOAWAY is at the proxy, a call may still be taken; then none is.
        var late = try await client.call(.get, ["late"], [:] as Metadata)
        while late.code == .ok { late = try await client.call(.get, ["late"], [:] as Metadata) }
        #expect(late.code == .unavailable, "\(late.message)")
        #expect(!chain.server.board.hasEnded(call.id))
        chain.server.board.openGate(call.id)
        let result = try await call.result()
        #expect(result.code == .ok, "\(result.message)")
        #expect(result.texts == CallKind.update.answers(to: ["a", "b"], by: "swift"))
        try await chain.server.stop()
      }
    }

    @Test("C2, C3: a proxy that loses patience says 504, which is UNAVAILABLE, or resets the call", arguments: Route.ours)
    func impatience(_ route: Route) async throws {
      try await throughOwn(route, "the proxy's time-out", { $0.patience = 4 }) { chain, client in
        let call = try await client.begin(.expand, ["word"], ["x-delay-ms": "120000"])
        let result = try await call.result()
        if route.proxy == .nghttpx, result.code == .internal {
          #expect(result.message == "the server reset the call with INTERNAL_ERROR")
          remark("INTERNAL: nghttpx resets the call with INTERNAL_ERROR")
        } else {
          #expect(result.code == .unavailable, "\(result.message)")
        }
        #expect(try await chain.server.board.cancelled(call.id))
      }
    }

    @Test(
      "C6: what a proxy did not take before it closed was not done, and can be done again",
      arguments: Route.ours.filter { $0.proxy == .nginx })
    func goaway(_ route: Route) async throws {
      try await throughOwn(route, "GOAWAY every ten requests", { $0.requestsPerConnection = 10 }) { chain, client in
        // nginx sends GOAWAY before the answer to the tenth, so calls one by one notice nothing.
        for number in 0..<100 {
          let texts = try await client.call(.get, ["\(number)"], CallOptions()).texts
          #expect(texts == ["\(number)"])
        }
        try await withThrowingTaskGroup { group in
          for number in 0..<100 {
            group.addTask { try await callUntilTaken("\(number)", client, chain.server.board) }
          }
          try await group.waitForAll()
        }
      }
    }

    /// Makes a call anew as long as the connection goes away before it takes the call.
    private func callUntilTaken(_ word: String, _ client: OurClient, _ board: CallBoard) async throws {
      for _ in 0..<1_000 {
        let call = try await client.begin(.get, [word])
        let result = try await call.result()
        if result.code == .ok { return #expect(result.texts == [word]) }
        #expect(result.code == .unavailable && !board.hasStarted(call.id), "\(result.message)")
        remark("calls that nginx did not take were UNAVAILABLE and made again")
      }
      Issue.record("nginx takes no call")
    }
  }
}
