// The four kinds of call between our client and our server, over every kind of connection.
import EchoStubs
import Freshet
import FreshetStreams
import TestSupport
import Testing

@Suite struct FourKindsTests {
  enum Way: CaseIterable { case inProcess, tcp, tls, unix }

  @Test(arguments: Way.allCases) func unaryReturnsItsRequest(_ way: Way) async throws {
    try await withEcho(way) { echo in
      let reply = try await echo.get(.with { $0.text = "hello" })
      #expect(reply.text == "hello")
    }
  }

  @Test(arguments: Way.allCases) func anEmptyMessageIsAMessage(_ way: Way) async throws {
    try await withEcho(way) { echo in
      let reply = try await echo.get(Echo_V1_Message())
      #expect(reply == Echo_V1_Message())
    }
  }

  @Test func `a request after finish is refused and the call succeeds`() async throws {
    try await withEcho(.inProcess) { echo in
      let call = echo.update()
      try await call.send(.with { $0.text = "one" })
      call.finish()
      for _ in 0..<3 {
        await #expect(throws: RPCError.self) { try await call.send(.with { $0.text = "two" }) }
      }
      var received: [String] = []
      for try await answer in call.responses { received.append(answer.text) }
      #expect(received == ["swift says: one"])
    }
  }

  @Test(arguments: Way.allCases) func serverStreamingDeliversAllInOrder(_ way: Way) async throws {
    try await withEcho(way) { echo in
      let words = (0..<2_000).map { "word\($0)" }
      var received: [String] = []
      for try await word in echo.expand(.with { $0.text = words.joined(separator: " ") }) { received.append(word.text) }
      #expect(received == words)
    }
  }

  @Test(arguments: Way.allCases) func aStreamMayBeEmpty(_ way: Way) async throws {
    try await withEcho(way) { echo in
      for try await word in echo.expand(Echo_V1_Message()) { Issue.record("unexpected \(word.text)") }
      let joined = try await echo.collect { _ in }
      #expect(joined.text.isEmpty)
    }
  }

  @Test(arguments: Way.allCases) func clientStreamingTakesAClosureOrASequence(_ way: Way) async throws {
    try await withEcho(way) { echo in
      let words = (0..<2_000).map { "word\($0)" }
      let fromClosure = try await echo.collect { yield in
        for word in words { try await yield(.with { $0.text = word }) }
      }
      #expect(fromClosure.text == words.joined(separator: " "))
      let fromSequence = try await echo.collect(
        unfold(0) { index -> Echo_V1_Message? in
          guard index < 3 else { return nil }
          defer { index += 1 }
          return .with { $0.text = words[index] }
        })
      #expect(fromSequence.text == "word0 word1 word2")
    }
  }

  @Test func `requests may be any sequence`() async throws {
    try await withEcho(.inProcess) { echo in
      let words = ["one", "two", "three"].map { word in Echo_V1_Message.with { $0.text = word } }
      #expect(try await echo.collect(words).text == "one two three")
      #expect(try await echo.collect([.with { $0.text = "one" }]).text == "one")
      #expect(try await echo.collect([]).text.isEmpty)
      #expect(try await echo.collect(words[1...]).text == "two three")
      #expect(try await echo.collect(["a": words[0]].values).text == "one")
      #expect(try await echo.collect(CollectionOfOne(words[2])).text == "three")
      let response: Response<Echo_V1_Message> = try await echo.collect(words)
      #expect(response.message.text == "one two three")
      #expect(try await echo.update(words).collect(upTo: 3).map(\.text) == words.map { "swift says: \($0.text)" })

      // Async sequences, whatever their failure type.
      let (stream, continuation) = AsyncStream.makeStream(of: Echo_V1_Message.self)
      for word in words { continuation.yield(word) }
      continuation.finish()
      #expect(try await echo.collect(stream).text == "one two three")
      #expect(try await echo.collect(echo.expand(.with { $0.text = "four five" })).text == "four five")
      #expect(try await echo.update(once(words[0])).collect(upTo: 1).map(\.text) == ["swift says: one"])
      let (sink, sent) = channel(of: Echo_V1_Message.self, capacity: 3)
      for word in words { try await sink.send(word) }
      sink.finish()
      #expect(try await echo.collect(sent).text == "one two three")
    }
  }

  @Test func `many elements of a sequence wait for room`() async throws {
    try await withEcho(.inProcess) { echo in
      let words = repeatElement(Echo_V1_Message.with { $0.text = "w" }, count: 20_000)
      let joined = try await echo.collect(words)
      #expect(joined.text.utf8.count == 39_999)
    }
  }

  @Test func `a producer's error is caught unchanged`() async throws {
    struct Torn: Error, Equatable { var page: Int }
    try await withEcho(.inProcess) { echo in
      await #expect(throws: Torn(page: 3)) {
        _ =
          try await echo.collect { yield in
            try await yield(.with { $0.text = "one" })
            throw Torn(page: 3)
          } as Echo_V1_Message
      }
    }
  }

  @Test(arguments: Way.allCases) func bidirectionalAnswersBeforeTheNextRequest(_ way: Way) async throws {
    try await withEcho(way) { echo in
      let call = echo.update()
      var responses = call.responses.makeAsyncIterator()
      for word in ["one", "two", "three"] {
        try await call.send(.with { $0.text = word })
        #expect(try await responses.next()?.text == "swift says: \(word)")
      }
      call.finish()
      #expect(try await responses.next() == nil)
      #expect(try await responses.next() == nil)
    }
  }

  @Test(arguments: Way.allCases) func aThousandCallsRunAtOnce(_ way: Way) async throws {
    try await withEcho(way) { echo in
      try await withThrowingTaskGroup { group in
        for number in 0..<1_000 {
          group.addTask { try await echo.get(.with { $0.text = "\(number)" }).text == "\(number)" }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }

  @Test func `a response carries metadata and trailers`() async throws {
    try await withEcho(.inProcess) { echo in
      let response: Response<Echo_V1_Message> = try await echo.get(.with { $0.text = "x" })
      #expect(response.message.text == "x")
      #expect(response.metadata.isEmpty && response.trailers.isEmpty)
    }
  }

  private func withEcho(_ way: Way, _ body: (Echo_V1_Echo.Client) async throws -> Void) async throws {
    switch way {
    case .inProcess:
      let server = Server(services: [EchoService()])
      try await withChannel(server.inProcessChannel()) { try await body(Echo_V1_Echo.Client($0)) }
      await server.drain()
    case .tcp:
      try await withServer([EchoService()]) { address in
        try await withChannel(RPCChannel(address.target)) { try await body(Echo_V1_Echo.Client($0)) }
      }
    case .tls:
      let authority = TestAuthority(commonName: "test CA")
      try await withServer([EchoService()], tls: .server(identity: authority.serverIdentity())) { address in
        let tls = TLSConfiguration.client(trustRoots: .certificates([.bytes(authority.certificatePEM)]))
        try await withChannel(RPCChannel(address.target, tls: tls)) { try await body(Echo_V1_Echo.Client($0)) }
      }
    case .unix:
      try await withServer([EchoService()], on: .unix(path: TemporaryPath.socket())) { address in
        try await withChannel(RPCChannel(address.target)) { try await body(Echo_V1_Echo.Client($0)) }
      }
    }
  }
}
