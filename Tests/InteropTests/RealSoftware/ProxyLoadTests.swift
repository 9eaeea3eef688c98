// Large, concurrent and slow calls through a proxy.
import EchoStubs
import Freshet
import TestSupport
import Testing

extension RealSoftwareTests.ProxyTests {
  @Suite struct Load {
    @Test(arguments: Route.all, [CallKind.get, .update])
    func `Messages of 1 MB arrive whole in both directions`(_ route: Route, _ kind: CallKind) async throws {
      // haproxy 2.6 stops reading a whole connection when one stream's buffer is full, so it misses the
      // WINDOW_UPDATE behind that stream's DATA. If that happens on both of its sides, a call deadlocks although its
      // client keeps reading, because the handler resumes reading only when its answer is sent: 49 kB of the client and
      // 65 kB of the server were unread in haproxy's sockets, nothing elsewhere. gRPC's C core with windows of 64 KiB
      // deadlocks as well. A window as large as the answers avoids it; the C core's default of 4 MiB is.
      var configuration = ChannelConfiguration()
      let needsRoom = route.proxy == .haproxy && route.client == .freshet && kind == .update
      if needsRoom { configuration.connection.http2.streamWindowBytes = 4 * 1024 * 1024 }
      try await through(route, "1 MB messages: \(kind)", configuration: configuration) { _, caller in
        if needsRoom { remark("with a window of 4 MiB: haproxy reads nothing while a stream's buffer is full") }
        let word = largeText(bytes: 1_000_000)
        let words = kind == .update ? [word, word] : [word]
        let result = try await caller.call(kind, words)
        #expect(result.code == .ok, "\(result.message)")
        #expect(result.texts == kind.answers(to: words, by: "swift"))
      }
    }

    /// Messages of 64 KiB: more than a proxy buffers. Envoy's windows hold tens of MiB, so behind it nothing is
    /// suspended, as its rows say.
    /// its rows say.
    private static let wordCount = 40
    private static let unsuspended = "Envoy's windows hold everything sent, so neither side is suspended"

    @Test(arguments: Route.ours)
    func `A client that pauses suspends the handler, and loses nothing when it resumes`(_ route: Route) async throws {
      try await throughWithOurs(route, "slow reader") { chain, client in
        let id = CallID.next()
        // Most hold five. nginx relies on TCP, whose buffers on both sides may grow to 10 MB.
        let words = (0..<(route.proxy == .nginx ? 200 : Self.wordCount)).map { "word-\($0)." }
        let request = Echo_V1_Message(words.joined(separator: " "))
        let responses = client.echo.expand(request, options: .call(id, ["x-send-bytes": "65536"]))
        var iterator = responses.makeAsyncIterator()
        func expectNext(_ word: String) async throws {
          let text = try #require(try await iterator.next()).text
          #expect(text.hasPrefix(word) && text.utf8.count == 65_536)
        }
        try await expectNext(words[0])
        // Bypasses the proxy, since haproxy stops reading a connection when one of its streams has no room.
        try await chain.withDirectClient { direct in
          let sent = try await settled({ chain.server.board.sentCount(id) }) {
            _ = try await direct.call(.get, ["ping"])
          }
          if route.proxy == .envoy {
            remark(Self.unsuspended)
          } else {
            #expect(sent < words.count)
            #expect(!chain.server.board.hasEnded(id))
          }
          for word in words[1..<20] {
            _ = try await direct.call(.get, ["ping"])
            try await expectNext(word)
          }
        }
        for word in words[20...] { try await expectNext(word) }
        #expect(try await iterator.next() == nil)
        #expect(try await chain.server.board.ended(id).sent == words.count)
      }
    }

    @Test(arguments: Route.ours)
    func `A handler that pauses suspends the producer, and loses nothing when it resumes`(_ route: Route)
      async throws
    {
      try await throughWithOurs(route, "slow handler") { chain, client in
        let id = CallID.next()
        // The windows and most proxies hold about five of them.
        let words = (0..<Self.wordCount).map { "word-\($0)." }
        let rest = String(repeating: "x", count: 65_536)
        let sent = Counter()
        let calling = Task {
          try await client.echo.collect(options: .call(id, ["x-gate": "1", "x-keep-bytes": "9"])) { yield in
            for word in words {
              try await yield(Echo_V1_Message(word + rest))
              sent.increment()
            }
          } as Echo_V1_Message
        }
        _ = try await chain.server.board.started(id)
        try await chain.withDirectClient { direct in
          let count = try await settled({ sent.value }) { _ = try await direct.call(.get, ["ping"]) }
          if route.proxy == .envoy { remark(Self.unsuspended) } else { #expect(count < words.count) }
          #expect(!chain.server.board.hasEnded(id))
        }
        chain.server.board.openGate(id)
        let kept = words.map { ($0 + rest).prefix(9) }
        #expect(try await calling.value.text == kept.joined(separator: " "))
        #expect(try await chain.server.board.ended(id).received == words.count)
      }
    }

    @Test(arguments: Route.all)
    func `200 calls at the same time, 100 of which wait for each other`(_ route: Route) async throws {
      try await through(route, "200 calls in parallel") { _, caller in
        // By default, the proxies allow a connection 100 calls at once (nginx 128): C14, the others wait.
        var calls: [any CallInProgress] = []
        for number in 0..<200 {
          let gathering = MetadataValue.string("\(route.testDescription)/100")
          let metadata: Metadata = number % 2 == 0 ? ["x-gather": gathering] : [:]
          calls.append(try await caller.begin(CallKind.allCases[number / 2 % 4], ["word-\(number)"], metadata))
        }
        for (number, call) in calls.enumerated() {
          let result = try await call.result()
          #expect(result.code == .ok, "\(result.message)")
          #expect(result.texts == CallKind.allCases[number / 2 % 4].answers(to: ["word-\(number)"], by: "swift"))
        }
      }
    }
  }
}
