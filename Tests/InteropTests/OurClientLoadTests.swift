// Large, compressed, concurrent and slow calls of our client.
import EchoStubs
import Freshet
import Synchronization
import TestSupport
import Testing

extension InteropTests {
  @Suite struct OurClientLoadTests {
    @Test(arguments: CallKind.allCases, Security.common)
    func `Messages of 2 MB arrive whole in both directions`(_ kind: CallKind, _ security: Security) async throws {
      try await againstPythonServer("2 MB messages: \(kind)", security) { client, _ in
        let word = largeText(bytes: 2_000_000)
        let words = kind == .update ? [word, word] : [word]
        let texts = try await client.call(kind, words, .call(CallID.next())).texts
        #expect(texts == kind.answers(to: words, by: "python"))
      }
    }

    @Test(arguments: Security.common)
    func `C9: a response above 4 MiB is RESOURCE_EXHAUSTED and the connection stays`(_ security: Security) async throws
    {
      try await againstPythonServer("response above the limit", security) { client, server in
        let id = CallID.next()
        let options = CallOptions.call(id, ["x-send-bytes": "\(5 * 1024 * 1024)", "x-endless": "1"])
        let error = await #expect(throws: RPCError.self) { try await client.call(.expand, ["word"], options) }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.origin == .local)
        #expect(error?.message.contains("maxReceiveMessageBytes") == true)
        try await server.event("cancelled", of: id)
        #expect(try await client.call(.get, ["next"], CallOptions()).texts == ["next"])
      }
    }

    @Test(arguments: Security.common)
    func `A call can raise the limit for its response`(_ security: Security) async throws {
      try await againstPythonServer("raised limit", security) { client, _ in
        var options = CallOptions.call(CallID.next(), ["x-send-bytes": "\(5 * 1024 * 1024)"])
        options.maxReceiveMessageBytes = 6 * 1024 * 1024
        let text = try await client.call(.expand, ["word"], options).texts.first
        #expect(text?.utf8.count == 5 * 1024 * 1024)
      }
    }

    @Test(
      arguments: CallKind.allCases, Security.common)
    func `A request that is too large for the server gets its RESOURCE_EXHAUSTED`(
      _ kind: CallKind, _ security: Security
    ) async throws {
      try await againstPythonServer("request above the server's limit: \(kind)", security) { client, _ in
        let word = String(repeating: "x", count: 5 * 1024 * 1024)
        let error = await #expect(throws: RPCError.self) { try await client.call(kind, [word], CallOptions()) }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.origin == .peer)
        let next = try await client.call(.get, ["next"], CallOptions()).texts
        #expect(next == ["next"])
      }
    }

    @Test(arguments: CallKind.allCases, Security.common)
    func `C9: compressed responses are read`(_ kind: CallKind, _ security: Security) async throws {
      let gzip = CountingGzip()
      var configuration = ChannelConfiguration()
      configuration.compressions = CompressionRegistry([gzip.compression])
      try await againstPythonServer("gzip'd responses: \(kind)", security, configuration: configuration) { client, _ in
        let words = [largeText(bytes: 20_000), String(repeating: "a", count: 1024 * 1024)]
        let outcome = try await client.call(kind, words, .call(CallID.next(), ["x-compression": "gzip"]))
        #expect(outcome.texts == kind.answers(to: words, by: "python"))
        #expect(gzip.decompressed == outcome.texts.count)
      }
    }

    @Test(arguments: Security.common)
    func `C9: the decompressed size of a response is bounded`(_ security: Security) async throws {
      try await againstPythonServer("gzip bomb", security) { client, _ in
        let options = CallOptions.call(CallID.next(), ["x-compression": "gzip", "x-send-bytes": "\(8 * 1024 * 1024)"])
        let error = await #expect(throws: RPCError.self) { try await client.call(.expand, ["word"], options) }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message.contains("decompressed") == true)
      }
    }

    @Test(arguments: CallKind.allCases, Security.common)
    func `The server reads compressed requests`(_ kind: CallKind, _ security: Security) async throws {
      try await againstPythonServer("our gzip'd requests: \(kind)", security) { client, _ in
        let gzip = CountingGzip()
        let words = [largeText(bytes: 20_000), String(repeating: "a", count: 1024 * 1024)]
        var options = CallOptions.call(CallID.next())
        options.compression = gzip.compression
        let outcome = try await client.call(kind, words, options)
        #expect(outcome.texts == kind.answers(to: words, by: "python"))
        #expect(gzip.compressed == (CallKind.streamingRequests.contains(kind) ? 2 : 1))
      }
    }

    @Test(arguments: Security.common)
    func `100 calls at the same time on one channel`(_ security: Security) async throws {
      try await againstPythonServer("100 concurrent calls", security) { client, _ in
        let options = (0..<100).map { _ in CallOptions.call(CallID.next()) }
        try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
          for number in 0..<100 {
            let kind = CallKind.allCases[number % 4]
            group.addTask { (number, try await client.call(kind, ["word-\(number)"], options[number]).texts) }
          }
          for try await (number, texts) in group {
            #expect(texts == CallKind.allCases[number % 4].answers(to: ["word-\(number)"], by: "python"))
          }
        }
      }
    }

    @Test(arguments: Security.common)
    func `A loop that pauses suspends the server, and gets everything in order when it resumes`(_ security: Security)
      async throws
    {
      try await againstPythonServer("slow reader", security) { client, server in
        let id = CallID.next()
        let words = (0..<100).map { "word-\($0)." }  // 6.5 MB; the window of an unread stream holds one
        let request = Echo_V1_Message(words.joined(separator: " "))
        let responses = client.echo.expand(request, options: .call(id, ["x-send-bytes": "65536"]))
        var iterator = responses.makeAsyncIterator()
        #expect(try await iterator.next()?.text.hasPrefix(words[0]) == true)
        for _ in 0..<200 { _ = try await client.call(.get, ["ping"], CallOptions()) }
        #expect(!server.has("ended", of: id))
        for word in words.dropFirst() {
          let text = try #require(try await iterator.next()).text
          #expect(text.hasPrefix(word) && text.utf8.count == 65_536)
        }
        #expect(try await iterator.next() == nil)
        #expect(try await server.event("ended", of: id).sent == 100)
      }
    }

    @Test(arguments: Security.common)
    func `A loop that stops early bounds what the server sends`(_ security: Security) async throws {
      try await againstPythonServer("stopped reader", security) { client, server in
        let id = CallID.next()
        do {
          let options = CallOptions.call(id, ["x-send-bytes": "65536", "x-endless": "1"])
          var iterator = client.echo.expand(Echo_V1_Message("word"), options: options).makeAsyncIterator()
          _ = try await iterator.next()
          for _ in 0..<200 { _ = try await client.call(.get, ["ping"], CallOptions()) }
          _ = try await iterator.next()
        }
        // The stream's window holds one, and Python buffers some.
        #expect(try #require(try await server.event("ended", of: id).sent) < 100)
      }
    }

    @Test(arguments: Security.common)
    func `A server that does not read suspends the client's producer`(_ security: Security) async throws {
      try await interop("slow server", .client, security) { peers in
        let server = try await PythonServer.start(security, peers.credentials, unixPath: "")
        let tls = peers.credentials.clientConfiguration(security)
        let other = try await peers.pythonServer(security)
        try await withClient(server.target, tls: tls) { client in
          try await withClient(other.target, tls: tls) { clientOfOther in
            let id = CallID.next()
            let sent = Counter()
            let stopped = Signal<Void>()
            let word = Echo_V1_Message(String(repeating: "x", count: 65_536))
            let calling = Task {
              try await client.echo.collect(options: .call(id)) { yield in
                try await yield(Echo_V1_Message("first"))
                try await stopped.value()
                for _ in 0..<1_000 {
                  try await yield(word)
                  sent.increment()
                }
              } as Echo_V1_Message
            }
            try await server.event("started", of: id)
            server.process.signal(19)  // SIGSTOP: no longer reads its socket
            stopped.set()
            let count = try await settled({ sent.value }) {
              _ = try await clientOfOther.call(.get, ["ping"], CallOptions())
            }
            // 65 MB in all; the kernel's buffers and the server's windows hold far less than half of it.
            #expect(count < 500)
            server.process.signal(18)  // SIGCONT
            calling.cancel()
            let error = await #expect(throws: RPCError.self) { try await calling.value }
            #expect(error?.code == .cancelled)
            try await server.event("cancelled", of: id)
          }
        }
        try await server.stop()
      }
    }
  }
}

/// A thread-safe counter.
final class Counter: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
  func increment() { count.withLock { $0 += 1 } }
}
