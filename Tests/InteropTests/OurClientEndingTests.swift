// Calls of our client that end early, and what Python's handlers see of it.
import EchoStubs
import Freshet
import TestSupport
import Testing

extension InteropTests {
  @Suite struct OurClientEndingTests {
    @Test(
      arguments: Security.common)
    func `C4: a deadline that passes is DEADLINE_EXCEEDED, and the server's handler notices`(_ security: Security)
      async throws
    {
      try await withAllKinds { kind in
        try await againstPythonServer("deadline: \(kind)", security) { client, server in
          let id = CallID.next()
          // Long enough for the handler to start while other suites keep the machine busy.
          let options = CallOptions.call(id, ["x-delay-ms": "120000"], timeout: .seconds(3))
          let error = await #expect(throws: RPCError.self) { try await client.call(kind, ["word"], options) }
          #expect(error?.code == .deadlineExceeded)
          let timeout = try #require(try await server.event("started", of: id).timeout_ms)
          #expect((1...3_000).contains(timeout))
          try await server.event("cancelled", of: id)
        }
      }
    }

    @Test(
      arguments: CallKind.allCases, Security.common)
    func `C5: cancelling the task is CANCELLED, and the server's handler notices`(
      _ kind: CallKind, _ security: Security
    ) async throws {
      try await againstPythonServer("cancellation: \(kind)", security) { client, server in
        let id = CallID.next()
        let calling = Task { try await client.call(kind, ["word"], .call(id, ["x-delay-ms": "120000"])) }
        try await server.event("started", of: id)
        calling.cancel()
        let error = await #expect(throws: RPCError.self) { try await calling.value }
        #expect(error?.code == .cancelled)
        #expect(error?.origin == .local)
        try await server.event("cancelled", of: id)
      }
    }

    @Test(arguments: Security.common)
    func `C5: leaving the loop over an endless stream cancels the call`(_ security: Security) async throws {
      try await againstPythonServer("leaving an endless stream", security) { client, server in
        let id = CallID.next()
        var count = 0
        for try await _ in client.echo.expand(Echo_V1_Message("a b"), options: .call(id, ["x-endless": "1"])) {
          count += 1
          if count == 100 { break }
        }
        try await server.event("cancelled", of: id)
      }
    }

    @Test(arguments: CallKind.streamingRequests, Security.common)
    func `C5: a producer that throws cancels the call`(_ kind: CallKind, _ security: Security) async throws {
      struct OutOfWords: Error {}
      try await againstPythonServer("the producer fails: \(kind)", security) { client, server in
        let id = CallID.next()
        let requests = AsyncGenerator<Echo_V1_Message, any Error> { yield in
          try await yield(Echo_V1_Message("one"))
          try await server.event("received", of: id)
          throw OutOfWords()
        }
        let options = CallOptions.call(id, ["x-report-messages": "1"])
        if kind == .collect {
          await #expect(throws: OutOfWords.self) {
            _ = try await client.echo.collect(requests, options: options) as Echo_V1_Message
          }
        } else {
          let error = await #expect(throws: RPCError.self) {
            for try await _ in client.echo.update(requests, options: options) {}
          }
          #expect(error?.code == .unknown && error?.cause is OutOfWords)
        }
        try await server.event("cancelled", of: id)
      }
    }

    @Test(arguments: CallKind.allCases, Security.common)
    func `A server that dies is UNAVAILABLE`(_ kind: CallKind, _ security: Security) async throws {
      try await interop("the server dies: \(kind)", .client, security) { peers in
        let server = try await PythonServer.start(security, peers.credentials, unixPath: "")
        try await withClient(server.target, tls: peers.credentials.clientConfiguration(security)) { client in
          let id = CallID.next()
          let calling = Task { try await client.call(kind, ["word"], .call(id, ["x-delay-ms": "120000"])) }
          try await server.event("started", of: id)
          server.process.signal(9)  // SIGKILL
          let error = await #expect(throws: RPCError.self) { try await calling.value }
          #expect(error?.code == .unavailable)
          #expect(error?.cause is TransportError)
        }
        try await server.stop()
      }
    }

    @Test(arguments: Security.common)
    func `C10: a channel reconnects after its server restarts`(_ security: Security) async throws {
      try await interop("the server restarts", .client, security) { peers in
        let first = try await PythonServer.start(security, peers.credentials, unixPath: "")
        try await withClient(first.target, tls: peers.credentials.clientConfiguration(security)) { client in
          #expect(try await client.call(.get, ["before"], CallOptions()).texts == ["before"])
          try await first.stop()
          let error = await #expect(throws: RPCError.self) { try await client.call(.get, ["between"], CallOptions()) }
          #expect(error?.code == .unavailable)
          let second = try await PythonServer.start(security, peers.credentials, unixPath: "", port: first.port)
          let options = CallOptions(timeout: .seconds(60), waitForReady: true)
          #expect(try await client.call(.get, ["after"], options).texts == ["after"])
          try await second.stop()
        }
      }
    }
  }
}
