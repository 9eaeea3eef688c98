// Calls through a proxy that time out: at the client, the server, or the proxy.
import EchoStubs
import Foundation
import Freshet
import TestSupport
import Testing

extension RealSoftwareTests {
  /// Not serialized, parallel to all other tests, and each with all its routes at the same time: these mostly wait.
  @Suite struct ProxyTimeTests {
    @Test func `S4: the deadline is forwarded, ends the call at the client and cancels the handler`() async throws {
      // Twenty seconds are enough for a handler to start on a busy machine.
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

    @Test func `S4: the server's own DEADLINE_EXCEEDED passes to a client without a deadline`() async throws {
      try await withThrowingTaskGroup { group in
        for route in Route.ours { group.addTask { try await serversDeadline(route) } }
        try await group.waitForAll()
      }
    }

    private func serversDeadline(_ route: Route) async throws {
      try await realSoftware(
        route.proxy.software, "deadline: the server's status", client: .curl, route.security
      ) { stage in
        let chain = try await stage.chain(route.proxy, route.security)
        let id = CallID.next()
        let isPlain = route.security == .h2c
        let url = "\(isPlain ? "http" : "https")://localhost/echo.v1.Echo/Get"
        let security = isPlain ? ["--http2-prior-knowledge"] : ["--http2", "--cacert", stage.credentials.authorityFile]
        let headers = [
          "content-type: application/grpc", "te: trailers", "grpc-timeout: 3S", "x-delay-ms: 120000",
          "x-call-id: \(id)",
        ]
        let arguments = ["-sS", "-i", "--max-time", "60", "--unix-socket", chain.socket, "--data-binary", "@-"]
        let answer = try await ProgramOutput.awaited(
          "/usr/bin/curl", arguments + security + headers.flatMap { ["-H", $0] } + [url], input: [0, 0, 0, 0, 0])
        #expect(answer.lowercased().contains("grpc-status: 4"), "\(answer)")
        #expect(try await chain.server.board.cancelled(id))
      }
    }

    @Test func `C2, C3: a proxy that times out sends 504, which is UNAVAILABLE, or resets the call`() async throws {
      try await withThrowingTaskGroup { group in
        for route in Route.ours {
          for kind in [CallKind.get, .expand] { group.addTask { try await impatience(route, kind) } }
        }
        try await group.waitForAll()
      }
    }

    private func impatience(_ route: Route, _ kind: CallKind) async throws {
      try await throughOwn(route, "the proxy's time-out: \(kind)", { $0.patience = 10 }) { chain, client in
        let call = try await client.begin(kind, ["word"], ["x-delay-ms": "120000"])
        let result = try await call.result()
        if kind == .expand {
          // The head of the response has been sent, so the proxy can only abort the stream.
          #expect([.unavailable, .internal, .unknown].contains(result.code), "\(result.message)")
        } else if route.proxy == .nghttpx, result.code == .internal {
          #expect(result.message == "the server reset the call with INTERNAL_ERROR")
          remark("INTERNAL: nghttpx resets the call with INTERNAL_ERROR")
        } else {
          #expect(result.code == .unavailable, "\(result.message)")
        }
        #expect(try await chain.server.board.cancelled(call.id))
      }
    }
  }
}
