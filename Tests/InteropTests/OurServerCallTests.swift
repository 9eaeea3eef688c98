// Calls of Python's client to our server that complete: messages, metadata, status.
import Foundation
import Freshet
import TestSupport
import Testing

extension InteropTests {
  @Suite struct OurServerCallTests {
    @Test(arguments: CallKind.allCases, Security.allCases)
    func `S10: each kind of call returns its answers and OK`(_ kind: CallKind, _ security: Security) async throws {
      try await againstPythonClient("call: \(kind)", security) { server, python in
        let words = ["eins", "zwei", "größer ☃ 😈"]
        let call = try await python.start(.init(kind, words))
        let answer = try await call.answer()
        #expect(answer.code == "OK")
        #expect(answer.message == "")
        let sentWords = kind == .expand ? words.joined(separator: " ").split(separator: " ").map(String.init) : words
        #expect(answer.texts == kind.answers(to: sentWords, by: "swift"))
        let start = try await server.board.started(call.id)
        #expect(start.hasClientCertificate == (security == .mutualTLS))
        #expect(start.timeout == nil)
      }
    }

    @Test(arguments: Security.common)
    func `A bidirectional call can alternate requests and answers`(_ security: Security) async throws {
      try await againstPythonClient("ping-pong", security) { server, python in
        let words = (0..<50).map { "message-\($0)" }
        var command = PythonClient.Command(.update, words)
        command.pingPong = true
        let call = try await python.start(command)
        #expect(try await call.answer().texts == CallKind.update.answers(to: words, by: "swift"))
        let end = try await server.board.ended(call.id)
        #expect(end.received == 50)
      }
    }

    @Test(arguments: Security.common)
    func `S7: calls without messages and empty messages are legal`(_ security: Security) async throws {
      try await againstPythonClient("empty streams and messages", security) { _, python in
        for kind in CallKind.streamingRequests {
          let answer = try await python.call(.init(kind, []))
          #expect(answer.code == "OK")
          #expect(answer.texts == (kind == .collect ? [""] : []))
        }
        let answer = try await python.call(.init(.get, [""]))
        #expect(answer.code == "OK")
        #expect(answer.texts == [""])
      }
    }

    @Test(arguments: CallKind.allCases, Security.common)
    func `S8: text and bytes travel both ways as metadata`(_ kind: CallKind, _ security: Security) async throws {
      try await againstPythonClient("metadata: \(kind)", security) { server, python in
        let bytes: [[UInt8]] = [[0x00, 0xff, 0xab], Array(0...255), []]
        var command = PythonClient.Command(kind, ["word"], ["x-echo-initial": "a b~c, d", "x-text": "!~"])
        for value in bytes { command.metadata.append(["x-bytes-bin", Data(value).base64EncodedString()]) }
        command.metadata.append(["x-echo-trailing-bin", Data(bytes[1]).base64EncodedString()])
        for value in ["first", "second", "third"] { command.metadata.append(["x-many", value]) }
        let call = try await python.start(command)
        let answer = try await call.answer()
        #expect(answer.code == "OK")
        #expect(answer.initial.values("x-echo-initial") == ["a b~c, d"])
        #expect(answer.initial.values("x-echo-trailing-bin").isEmpty)
        #expect(answer.trailing.values("x-echo-trailing-bin") == [Data(bytes[1]).base64EncodedString()])
        let received = try await server.board.started(call.id).metadata
        #expect(received["x-text"] == "!~")
        #expect(received.binaries(for: "x-bytes-bin") == bytes)
        #expect(received.strings(for: "x-many") == ["first", "second", "third"])
        #expect(received["user-agent"]?.hasPrefix("grpc-python/") == true)
      }
    }

    @Test(
      arguments: CallKind.allCases, Security.common)
    func `S11: an error's code and message arrive as the handler threw them`(_ kind: CallKind, _ security: Security)
      async throws
    {
      try await againstPythonClient("error status: \(kind)", security) { server, python in
        let message = "\t100 % größer,\r\nzweite Zeile ☃ 😈 %41\n"
        var command = PythonClient.Command(kind, ["word"], ["x-fail-code": "NOT_FOUND"])
        command.metadata.append(["x-fail-message-bin", Data(message.utf8).base64EncodedString()])
        command.metadata.append(["x-echo-trailing-bin", Data([1, 2, 3]).base64EncodedString()])
        let call = try await python.start(command)
        let answer = try await call.answer()
        #expect(answer.code == "NOT_FOUND")
        #expect(answer.message == message)
        #expect(answer.texts == [])
        #expect(answer.trailing.values("x-echo-trailing-bin") == [Data([1, 2, 3]).base64EncodedString()])
        #expect(try await server.board.ended(call.id).code == .notFound)
      }
    }

    @Test(arguments: CallKind.allCases, Security.common)
    func `S16: typed details of the handler's status are read`(_ kind: CallKind, _ security: Security) async throws {
      try await againstPythonClient("details of a status: \(kind)", security) { _, python in
        let answer = try await python.call(
          PythonClient.Command(
            kind, ["word"], ["x-fail-code": "INVALID_ARGUMENT", "x-fail-message": "no words", "x-fail-details": "1"]))
        #expect(answer.code == "INVALID_ARGUMENT" && answer.message == "no words")
        let violation = PythonClient.Detail.Violation(field: "text", description: "is no “word”", reason: "NO_WORD")
        #expect(
          answer.details == [
            .init(type: "type.googleapis.com/google.rpc.BadRequest", fieldViolations: [violation]),
            .init(type: "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "3.500s"),
          ])
      }
    }

    @Test(arguments: CallKind.streamingResponses, Security.common)
    func `S10: an error after answers arrives after them`(_ kind: CallKind, _ security: Security) async throws {
      try await againstPythonClient("error after answers: \(kind)", security) { _, python in
        let words = ["eins", "zwei", "drei"]
        let switches = [
          "x-fail-code": "ABORTED", "x-fail-message": "after two", "x-fail-after": "2", "x-echo-initial": "early",
        ]
        let answer = try await python.call(.init(kind, words, switches))
        #expect(answer.code == "ABORTED")
        #expect(answer.message == "after two")
        #expect(answer.texts == kind.answers(to: ["eins", "zwei"], by: "swift"))
        #expect(answer.initial.values("x-echo-initial") == ["early"])
      }
    }

    @Test(arguments: Status.Code.allCases.filter { $0 != .ok })
    func `Every status code arrives under gRPC's name`(_ code: Status.Code) async throws {
      try await againstPythonClient("status \(code)", .h2c) { _, python in
        let answer = try await python.call(.init(.get, ["word"], ["x-fail-code": "\(code.rawValue)"]))
        #expect(answer.code == "\(code)")
      }
    }

    @Test(arguments: Security.common)
    func `S12: a handler that fails while the client still sends ends the call`(_ security: Security) async throws {
      try await againstPythonClient("error while the client sends", security) { server, python in
        var command = PythonClient.Command(.collect, [String(repeating: "x", count: 65_536)])
        command.repeat = 1_000  // 64 MB, more than all windows, so sending cannot finish first
        command.metadata = [["x-fail-code", "FAILED_PRECONDITION"], ["x-fail-message", "not now"]]
        let call = try await python.start(command)
        let answer = try await call.answer()
        #expect(answer.code == "FAILED_PRECONDITION")
        #expect(answer.message == "not now")
        #expect(try await python.call(.init(.get, ["still here"])).texts == ["still here"])
        #expect(try await server.board.ended(call.id).received == 0)
      }
    }

    @Test(arguments: CallKind.allCases)
    func `S1: a service that the server does not have is UNIMPLEMENTED`(_ kind: CallKind) async throws {
      try await againstOwnPythonClient("unknown service: \(kind)", .h2c, services: []) { _, python in
        let answer = try await python.call(.init(kind, ["word"]))
        #expect(answer.code == "UNIMPLEMENTED")
        #expect(answer.message?.contains("/echo.v1.Echo/") == true)
      }
    }
  }
}
