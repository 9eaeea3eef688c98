// Calls of Python's client that end early, and what our handlers see of it.
import Freshet
import TestSupport
import Testing

extension InteropTests {
  @Suite struct OurServerEndingTests {
    @Test(arguments: Security.common)
    func `S4: a deadline that passes cancels the handler`(_ security: Security) async throws {
      try await withAllKinds { kind in
        try await againstPythonClient("deadline: \(kind)", security) { server, python in
          var command = PythonClient.Command(kind, ["word"], ["x-delay-ms": "120000"])
          command.timeoutMs = 3_000  // long enough for the handler to start on a busy machine
          let call = try await python.start(command)
          let timeout = try #require(try await server.board.started(call.id).timeout)
          #expect(timeout > .zero && timeout <= .milliseconds(3_100))  // gRPC's C core rounds up to fewer digits
          #expect(try await server.board.cancelled(call.id))
          #expect(try await call.answer().code == "DEADLINE_EXCEEDED")
        }
      }
    }

    @Test(arguments: CallKind.allCases, Security.common)
    func `S14: a client's cancellation cancels the handler`(_ kind: CallKind, _ security: Security) async throws {
      try await againstPythonClient("cancellation: \(kind)", security) { server, python in
        let call = try await python.start(.init(kind, ["word"], ["x-delay-ms": "120000"]))
        _ = try await server.board.started(call.id)
        try await call.cancel()
        #expect(try await call.answer().code == "CANCELLED")
        #expect(try await server.board.cancelled(call.id))
        #expect(try await server.board.ended(call.id).sent == 0)
      }
    }

    @Test(arguments: Security.common)
    func `S14: cancelling an endless stream stops its producer`(_ security: Security) async throws {
      try await againstPythonClient("cancellation of an endless stream", security) { server, python in
        var command = PythonClient.Command(.expand, ["a", "b"], ["x-endless": "1"])
        command.cancelAfterMessages = 100
        command.countsOnly = true
        let call = try await python.start(command)
        let answer = try await call.answer()
        #expect(answer.code == "CANCELLED")
        #expect(answer.count ?? 0 >= 100)
        #expect(try await server.board.cancelled(call.id))
      }
    }

    @Test(arguments: Security.common)
    func `S14: cancelling with requests in flight ends the handler's reading`(_ security: Security) async throws {
      try await againstPythonClient("cancellation between requests", security) { server, python in
        var command = PythonClient.Command(.collect, ["a", "b", "c"])
        command.cancelAfterMessages = 3
        // A call cancelled before its handler starts gets none, so it may take several until one is seen reading.
        for _ in 0..<100 {
          let call = try await python.start(command)
          #expect(try await call.answer().code == "CANCELLED")
          #expect(try await python.call(.init(.get, ["behind it"])).code == "OK")
          guard server.board.hasStarted(call.id) else { continue }
          #expect(try await server.board.cancelled(call.id))
          #expect(try await server.board.ended(call.id).received <= 3)
          return
        }
        Issue.record("no handler of 100 cancelled calls was begun")
      }
    }

    @Test(arguments: Security.common)
    func `S14: a client that dies cancels its handlers`(_ security: Security) async throws {
      try await againstOwnPythonClient("the client dies", security) { server, python in
        let streaming = try await python.start(.init(.expand, ["a"], ["x-endless": "1", "x-send-bytes": "1000"]))
        let waiting = try await python.start(.init(.get, ["a"], ["x-delay-ms": "120000"]))
        try await streaming.first()
        _ = try await server.board.started(waiting.id)
        python.process.signal(9)  // SIGKILL
        #expect(try await server.board.cancelled(streaming.id))
        #expect(try await server.board.cancelled(waiting.id))
      }
    }

    @Test(arguments: Security.common)
    func `S15: a server that stops drains its calls and refuses new ones`(_ security: Security) async throws {
      try await againstOwnPythonClient("drain", security) { server, python in
        let running = try await python.start(.init(.update, ["a", "b"], ["x-gate": "1"]))
        _ = try await server.board.started(running.id)
        server.beginStopping()
        // Calls are accepted until the GOAWAY arrives.
        var late = try await python.call(.init(.get, ["late"]))
        while late.code == "OK" { late = try await python.call(.init(.get, ["late"])) }
        #expect(late.code == "UNAVAILABLE")
        #expect(!server.board.hasEnded(running.id))
        server.board.openGate(running.id)
        let answer = try await running.answer()
        #expect(answer.code == "OK")
        #expect(answer.texts == CallKind.update.answers(to: ["a", "b"], by: "swift"))
        try await server.stop()
      }
    }
  }
}
