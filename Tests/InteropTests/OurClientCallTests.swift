// Calls of our client to Python's server that complete: messages, metadata, status.
import EchoStubs
import Foundation
import Freshet
import FreshetErrorDetails
import TestSupport
import Testing

extension InteropTests {
  @Suite struct OurClientCallTests {
    @Test(arguments: CallKind.allCases, Security.allCases)
    func `Each kind of call returns its answers`(_ kind: CallKind, _ security: Security) async throws {
      try await againstPythonServer("call: \(kind)", security) { client, server in
        let words = ["eins", "zwei", "größer", "☃", "😈"]
        let id = CallID.next()
        let outcome = try await client.call(kind, words, .call(id))
        #expect(outcome.texts == kind.answers(to: words, by: "python"))
        let ended = try await server.event("ended", of: id)
        #expect(ended.code == "OK")
        #expect(ended.received == (CallKind.streamingRequests.contains(kind) ? 5 : 1))
        let started = try await server.event("started", of: id)
        #expect(started.timeout_ms == nil)
      }
    }

    @Test(arguments: Security.common)
    func `C1: the server sees the user agent`(_ security: Security) async throws {
      try await againstPythonServer("user-agent", security) { client, server in
        let id = CallID.next()
        _ = try await client.call(.get, ["word"], .call(id))
        let agents = try await server.event("started", of: id).metadata("user-agent")
        #expect(agents.count == 1)
        #expect(agents.first?.hasPrefix("grpc-swift-freshet/") == true)
      }
    }

    @Test(arguments: Security.common)
    func `A bidirectional call can alternate requests and answers`(_ security: Security) async throws {
      try await againstPythonServer("ping-pong", security) { client, server in
        let id = CallID.next()
        let call = client.echo.update(options: .call(id))
        var answers = call.responses.makeAsyncIterator()
        for number in 0..<50 {
          try await call.send(Echo_V1_Message("\(number)"))
          #expect(try await answers.next()?.text == "python says: \(number)")
        }
        call.finish()
        #expect(try await answers.next() == nil)
        #expect(try await server.event("ended", of: id).code == "OK")
      }
    }

    @Test(arguments: Security.common)
    func `Calls without messages and empty messages are legal`(_ security: Security) async throws {
      try await againstPythonServer("empty streams and messages", security) { client, _ in
        let collected = try await client.call(.collect, [], CallOptions()).texts
        #expect(collected == [""])
        let updates = try await client.call(.update, [], CallOptions()).texts
        #expect(updates == [])
        let got = try await client.call(.get, [], CallOptions()).texts
        #expect(got == [""])
      }
    }

    @Test(arguments: CallKind.allCases, Security.common)
    func `S8: text and bytes travel both ways as metadata`(_ kind: CallKind, _ security: Security) async throws {
      try await againstPythonServer("metadata: \(kind)", security) { client, server in
        let id = CallID.next()
        let bytes: [[UInt8]] = [[0x00, 0xff, 0xab], Array(0...255), []]
        var options = CallOptions.call(id, ["x-echo-initial": "a b~c, d", "x-text": "!~"])
        for value in bytes { options.metadata.add(binary: value, for: "x-bytes-bin") }
        options.metadata.add(binary: bytes[1], for: "x-echo-trailing-bin")
        for value in ["first", "second", "third"] { options.metadata.add(value, for: "x-many") }
        let outcome = try await client.call(kind, ["word"], options)
        #expect(outcome.initial.strings(for: "x-echo-initial") == ["a b~c, d"])
        #expect(outcome.initial.binaries(for: "x-echo-trailing-bin").isEmpty)
        #expect(outcome.trailing.binaries(for: "x-echo-trailing-bin") == [bytes[1]])
        let started = try await server.event("started", of: id)
        #expect(started.metadata("x-text") == ["!~"])
        #expect(started.metadata("x-bytes-bin") == bytes.map { Data($0).base64EncodedString() })
        #expect(started.metadata("x-many") == ["first", "second", "third"])
      }
    }

    @Test(
      arguments: CallKind.streamingResponses, Security.common)
    func `Initial metadata can be read before the first message`(_ kind: CallKind, _ security: Security) async throws {
      try await againstPythonServer("early initial metadata: \(kind)", security) { client, server in
        let id = CallID.next()
        let options = CallOptions.call(id, ["x-echo-initial": "early", "x-delay-ms": "120000"])
        let responses =
          kind == .expand
          ? client.echo.expand(Echo_V1_Message("word"), options: options)
          : client.echo.update(options: options) { yield in try await yield(Echo_V1_Message("word")) }
        let metadata = try await responses.metadata
        #expect(metadata["x-echo-initial"] == "early")
        #expect(!server.has("ended", of: id))
      }
    }

    @Test(
      arguments: CallKind.allCases, Security.common)
    func `S11: an error's code and message arrive as the server set them`(_ kind: CallKind, _ security: Security)
      async throws
    {
      try await againstPythonServer("error status: \(kind)", security) { client, server in
        let message = "\t100 % größer,\r\nzweite Zeile ☃ 😈 %41\n"
        var options = CallOptions.call(CallID.next(), ["x-fail-code": "NOT_FOUND"])
        options.metadata.add(binary: Array(message.utf8), for: "x-fail-message-bin")
        options.metadata.add(binary: [1, 2, 3], for: "x-echo-trailing-bin")
        let made = options
        let error = await #expect(throws: RPCError.self) { try await client.call(kind, ["word"], made) }
        #expect(error?.code == .notFound)
        #expect(error?.message == message)
        #expect(error?.origin == .peer)
        #expect(error?.metadata.binaries(for: "x-echo-trailing-bin") == [[1, 2, 3]])
      }
    }

    @Test(arguments: CallKind.allCases, Security.common)
    func `S16: typed details of the server's status are read`(_ kind: CallKind, _ security: Security) async throws {
      try await againstPythonServer("details of a status: \(kind)", security) { client, _ in
        let options = CallOptions.call(
          CallID.next(), ["x-fail-code": "INVALID_ARGUMENT", "x-fail-message": "no words", "x-fail-details": "1"])
        let thrown = await #expect(throws: RPCError.self) { try await client.call(kind, ["word"], options) }
        let error = try #require(thrown)
        #expect(error.code == .invalidArgument && error.message == "no words")
        #expect(error.richStatus?.code == 3 && error.richStatus?.message == "no words")
        #expect(error.detail(Google_Rpc_BadRequest.self)?.fieldViolations.map(\.description_p) == ["is no “word”"])
        #expect(error.detail(Google_Rpc_RetryInfo.self)?.retryDelay == .init(seconds: 3, nanos: 500_000_000))
        #expect(error.detail(Google_Rpc_Help.self) == nil)
      }
    }

    @Test(arguments: CallKind.streamingResponses, Security.common)
    func `An error after answers arrives after them`(_ kind: CallKind, _ security: Security) async throws {
      try await againstPythonServer("error after answers: \(kind)", security) { client, _ in
        let words = ["eins", "zwei", "drei"]
        let options = CallOptions.call(
          CallID.next(), ["x-fail-code": "ABORTED", "x-fail-message": "after two", "x-fail-after": "2"])
        let responses =
          kind == .expand
          ? client.echo.expand(Echo_V1_Message(words.joined(separator: " ")), options: options)
          : client.echo.update(options: options) { yield in
            for word in words { try await yield(Echo_V1_Message(word)) }
          }
        var texts: [String] = []
        var error: RPCError?
        do throws(RPCError) {
          for try await response in responses { texts.append(response.text) }
        } catch let caught {
          error = caught
        }
        #expect(texts == kind.answers(to: ["eins", "zwei"], by: "python"))
        #expect(error?.status == Status(code: .aborted, message: "after two"))
      }
    }

    @Test(arguments: Status.Code.allCases.filter { $0 != .ok })
    func `Every status code of the server is thrown as the same`(_ code: Status.Code) async throws {
      try await againstPythonServer("status \(code)", .h2c) { client, _ in
        let options = CallOptions.call(CallID.next(), ["x-fail-code": "\(code.rawValue)"])
        let error = await #expect(throws: RPCError.self) { try await client.call(.get, ["word"], options) }
        #expect(error?.code == code)
        #expect(error?.origin == .peer)
      }
    }

    @Test(
      arguments: CallKind.streamingRequests, Security.common)
    func `C5: a status during sending ends the call and its producer`(
      _ kind: CallKind, _ security: Security
    ) async throws {
      try await againstPythonServer("error while we send: \(kind)", security) { client, _ in
        let options = CallOptions.call(
          CallID.next(), ["x-fail-code": "FAILED_PRECONDITION", "x-fail-message": "not now"])
        let word = Echo_V1_Message(String(repeating: "x", count: 1_000))
        let producerEnded = Signal<Void>()
        // Ends only when the call ends. Collect reads all requests before it fails, so it gets a finite producer.
        let requests = AsyncGenerator<Echo_V1_Message, any Error> { yield in
          defer { producerEnded.set() }
          for _ in 0..<(kind == .collect ? 100 : Int.max) { try await yield(word) }
        }
        let error = await #expect(throws: RPCError.self) {
          if kind == .collect { return try await client.echo.collect(requests, options: options) as Echo_V1_Message }
          for try await _ in client.echo.update(requests, options: options) {}
          return Echo_V1_Message()
        }
        #expect(error?.status == Status(code: .failedPrecondition, message: "not now"))
        try await producerEnded.value()
      }
    }

    @Test(arguments: Security.common)
    func `C2: a method that the server does not have is UNIMPLEMENTED`(_ security: Security) async throws {
      try await againstPythonServer("unknown method", security) { client, _ in
        let method = MethodDescriptor<Echo_V1_Message, Echo_V1_Message>(
          service: "echo.v1.Echo", method: "Shout", kind: .unary, requestCodec: ProtobufCodec(),
          responseCodec: ProtobufCodec())
        let error = await #expect(throws: RPCError.self) {
          try await client.channel.unary(method, Echo_V1_Message("word"))
        }
        #expect(error?.code == .unimplemented)
        #expect(error?.origin == .peer)
      }
    }
  }
}
