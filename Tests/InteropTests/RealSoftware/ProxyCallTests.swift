// Calls through a proxy that complete: messages, metadata, status.
import EchoStubs
import Foundation
import Freshet
import TestSupport
import Testing

extension RealSoftwareTests.ProxyTests {
  @Suite struct Calls {
    @Test(arguments: Route.all, CallKind.allCases)
    func `Each kind of call returns its answers`(_ route: Route, _ kind: CallKind) async throws {
      try await through(route, "call: \(kind)") { chain, caller in
        let words = ["eins", "zwei", "größer", "☃", "😈"]
        let call = try await caller.begin(kind, words)
        let result = try await call.result()
        try #require(result.code == .ok, "\(result.message)")
        #expect(result.texts == kind.answers(to: words, by: "swift"))
        #expect(try await chain.server.board.started(call.id).timeout == nil)
        let ended = try await chain.server.board.ended(call.id)
        #expect(ended.code == .ok && ended.received == (CallKind.streamingRequests.contains(kind) ? 5 : 1))
      }
    }

    @Test(
      arguments: Route.ours)
    func `Proxies do not buffer: each answer arrives before the next request is sent`(_ route: Route)
      async throws
    {
      try await throughWithOurs(route, "ping-pong") { _, client in
        let call = client.echo.update()
        var answers = call.responses.makeAsyncIterator()
        for number in 0..<50 {
          try await call.send(Echo_V1_Message("\(number)"))
          #expect(try await answers.next()?.text == "swift says: \(number)")
        }
        call.finish()
        #expect(try await answers.next() == nil)
      }
    }

    @Test(arguments: Route.all)
    func `Calls without messages and empty messages are legal`(_ route: Route) async throws {
      try await through(route, "empty streams and messages") { _, caller in
        for kind in CallKind.allCases {
          let result = try await caller.call(kind, [])
          #expect(result.code == .ok)
          #expect(result.texts == ([.collect, .get].contains(kind) ? [""] : []))
        }
      }
    }

    @Test(arguments: Route.all, CallKind.allCases)
    func `S8: text and bytes travel both ways as metadata`(_ route: Route, _ kind: CallKind) async throws {
      try await through(route, "metadata: \(kind)") { chain, caller in
        let bytes: [[UInt8]] = [[0x00, 0xff, 0xab], Array(0...255), []]
        var metadata: Metadata = ["x-echo-initial": "a b~c, d", "x-text": "!~"]
        for value in bytes { metadata.add(binary: value, for: "x-bytes-bin") }
        metadata.add(binary: bytes[1], for: "x-echo-trailing-bin")
        for value in ["first", "second", "third"] { metadata.add(value, for: "x-many") }
        let call = try await caller.begin(kind, ["word"], metadata)
        let result = try await call.result()
        #expect(result.initial.strings(for: "x-echo-initial") == ["a b~c, d"])
        #expect(result.initial.binaries(for: "x-echo-trailing-bin").isEmpty)
        #expect(result.trailing.binaries(for: "x-echo-trailing-bin") == [bytes[1]])
        let arrived = try await chain.server.board.started(call.id).metadata
        #expect(arrived["x-text"] == "!~")
        #expect(arrived.binaries(for: "x-bytes-bin") == bytes)
        #expect(arrived.strings(for: "x-many") == ["first", "second", "third"])
      }
    }

    @Test(arguments: Route.all)
    func `Metadata of 6 kB travels both ways`(_ route: Route) async throws {
      try await through(route, "6 kB of metadata") { _, caller in
        let value = largeText(bytes: 6_000)
        let result = try await caller.call(.get, ["word"], ["x-echo-initial": .string(value)])
        #expect(result.code == .ok, "\(result.message)")
        #expect(result.initial["x-echo-initial"] == value)
      }
    }

    @Test(arguments: Route.ours)
    func `Initial metadata passes before the first message`(_ route: Route) async throws {
      // With TLS, nginx buffers small frames and flushes the buffer for DATA, but not for HEADERS.
      let isHeldBack = route.proxy == .nginx && route.security != .h2c
      try await throughWithOurs(route, "early initial metadata") { chain, client in
        let id = CallID.next()
        let options = CallOptions.call(id, ["x-echo-initial": "early", "x-gate": "1"])
        let responses = client.echo.expand(Echo_V1_Message("word"), options: options)
        if isHeldBack {
          remark("nginx holds headers back until the first message, when it speaks TLS")
          responses.start()
          _ = try await chain.server.board.started(id)
          chain.server.board.openGate(id)
        }
        #expect(try await responses.metadata["x-echo-initial"] == "early")
        if !isHeldBack {
          #expect(!chain.server.board.hasEnded(id))
          chain.server.board.openGate(id)
        }
        for try await response in responses { #expect(response.text == "word") }
      }
    }

    @Test(arguments: Route.all, CallKind.allCases)
    func `S11: an error's code, message and trailers pass`(_ route: Route, _ kind: CallKind) async throws {
      try await through(route, "error status: \(kind)") { _, caller in
        let message = "\t100 % größer,\r\nzweite Zeile ☃ 😈 %41\n"
        var metadata: Metadata = ["x-fail-code": "NOT_FOUND"]
        metadata.add(binary: Array(message.utf8), for: "x-fail-message-bin")
        metadata.add(binary: [1, 2, 3], for: "x-echo-trailing-bin")
        let result = try await caller.call(kind, ["word"], metadata)
        if resetHidesStatus(route, kind, result) { return }
        #expect(result.code == .notFound)
        #expect(result.message == message)
        #expect(result.trailing.binaries(for: "x-echo-trailing-bin") == [[1, 2, 3]])
      }
    }

    @Test(arguments: Route.all, CallKind.streamingResponses)
    func `An error after answers arrives after them`(_ route: Route, _ kind: CallKind) async throws {
      try await through(route, "error after answers: \(kind)") { _, caller in
        let result = try await caller.call(
          kind, ["eins", "zwei", "drei"],
          ["x-fail-code": "ABORTED", "x-fail-message": "after two", "x-fail-after": "2"])
        if resetHidesStatus(route, kind, result) { return }
        // When our client's call fails, it throws, and `OurClient.call` returns no texts.
        if route.client == .python { #expect(result.texts == kind.answers(to: ["eins", "zwei"], by: "swift")) }
        #expect(result.code == .aborted && result.message == "after two")
      }
    }

    @Test(
      arguments: Route.ours, CallKind.streamingRequests)
    func `C5: a status during sending ends the call and its producer`(
      _ route: Route, _ kind: CallKind
    ) async throws {
      try await throughWithOurs(route, "error while the client sends: \(kind)") { _, client in
        let options = CallOptions.call(
          CallID.next(), ["x-fail-code": "FAILED_PRECONDITION", "x-fail-message": "not now"])
        let word = Echo_V1_Message(String(repeating: "x", count: 1_000))
        let producerEnded = Signal<Void>()
        let requests = AsyncGenerator<Echo_V1_Message, any Error> { yield in
          defer { producerEnded.set() }
          while true { try await yield(word) }  // ends only when the call ends
        }
        let error = await #expect(throws: RPCError.self) { () async throws -> Echo_V1_Message in
          if kind == .collect { return try await client.echo.collect(requests, options: options) as Echo_V1_Message }
          for try await _ in client.echo.update(requests, options: options) {}
          return Echo_V1_Message()
        }
        #expect(error?.status == Status(code: .failedPrecondition, message: "not now"))
        try await producerEnded.value()
        let next = try await client.call(.get, ["next"], CallOptions()).texts
        #expect(next == ["next"])
      }
    }

    @Test(arguments: Route.ours)
    func `S1: an unknown method is UNIMPLEMENTED`(_ route: Route) async throws {
      try await throughWithOurs(route, "unknown method") { _, client in
        let method = MethodDescriptor<Echo_V1_Message, Echo_V1_Message>(
          service: "echo.v1.Echo", method: "Shout", kind: .unary, requestCodec: ProtobufCodec(),
          responseCodec: ProtobufCodec())
        let error = await #expect(throws: RPCError.self) {
          try await client.channel.unary(method, Echo_V1_Message("word"))
        }
        #expect(error?.code == .unimplemented && error?.origin == .peer)
      }
    }

    @Test(arguments: Route.ours)
    func `S5: compressed requests pass unchanged`(_ route: Route) async throws {
      try await throughWithOurs(route, "gzip'd requests") { _, client in
        let words = [largeText(bytes: 20_000), String(repeating: "a", count: 100_000)]
        let options = CallOptions(compression: .gzip)
        let texts = try await client.call(.update, words, options).texts
        #expect(texts == CallKind.update.answers(to: words, by: "swift"))
      }
    }
  }
}

/// After a status that precedes the end of the requests, haproxy 2.6 sends RST_STREAM(CANCEL) although our server
/// sent NO_ERROR. RFC 9113 §8.1 requires NO_ERROR, since any other code discards the response. Our client has the
/// status by then; gRPC's C core may drop it and report CANCELLED, also with its own server.
private func resetHidesStatus(_ route: Route, _ kind: CallKind, _ result: CallResult) -> Bool {
  guard route.proxy == .haproxy, route.client == .python, CallKind.streamingRequests.contains(kind),
    result.code == .cancelled
  else { return false }
  remark("was CANCELLED: haproxy follows an early status by RST_STREAM(CANCEL), where RFC 9113 §8.1 has NO_ERROR")
  return true
}
