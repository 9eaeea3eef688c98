// Large, compressed, concurrent and slow calls of Python's client.
import Freshet
import NIOCore
import Synchronization
import TestSupport
import Testing

extension InteropTests {
  @Suite struct OurServerLoadTests {
    @Test(arguments: CallKind.allCases, Security.common)
    func `S7: messages of 2 MB arrive whole in both directions`(_ kind: CallKind, _ security: Security) async throws {
      try await againstPythonClient("2 MB messages: \(kind)", security) { server, python in
        let word = largeText(bytes: 2_000_000)
        var command = PythonClient.Command(kind, kind == .update ? [word, word] : [word])
        command.countsOnly = true
        let call = try await python.start(command)
        let answer = try await call.answer()
        #expect(answer.code == "OK")
        #expect(answer.count == (kind == .update ? 2 : 1))
        let prefix = kind == .update ? "swift says: ".utf8.count : 0
        #expect(answer.bytes == (kind == .update ? 2 : 1) * (2_000_000 + prefix))
      }
    }

    @Test(arguments: Security.common)
    func `S7: a message of 2 MB keeps its content`(_ security: Security) async throws {
      try await againstPythonClient("2 MB content", security) { _, python in
        let text = largeText(bytes: 2_000_000)
        let answer = try await python.call(.init(.get, [text]))
        #expect(answer.texts?.first == text)
      }
    }

    @Test(
      arguments: CallKind.allCases, Security.common)
    func `S13: a request above 4 MiB is RESOURCE_EXHAUSTED, and the connection stays open`(
      _ kind: CallKind, _ security: Security
    ) async throws {
      try await againstPythonClient("request above the limit: \(kind)", security) { server, python in
        let answer = try await python.call(.init(kind, [largeText(bytes: 5 * 1024 * 1024)]))
        #expect(answer.code == "RESOURCE_EXHAUSTED")
        #expect(answer.message?.contains("maxReceiveMessageBytes") == true)
        #expect(answer.texts == [])
        #expect(try await python.call(.init(kind, ["next"])).code == "OK")
      }
    }

    @Test(arguments: Security.common)
    func `A response too large for the client does not affect other calls`(_ security: Security) async throws {
      try await againstPythonClient("response above the client's limit", security) { server, python in
        let call = try await python.start(.init(.expand, ["a"], ["x-send-bytes": "\(5 * 1024 * 1024)"]))
        #expect(try await call.answer().code == "RESOURCE_EXHAUSTED")
        #expect(try await python.call(.init(.get, ["next"])).texts == ["next"])
        _ = try await server.board.ended(call.id)
      }
    }

    @Test(arguments: CallKind.allCases, Security.common)
    func `S5: compressed requests are read`(_ kind: CallKind, _ security: Security) async throws {
      let gzip = CountingGzip()
      var configuration = ServerConfiguration()
      configuration.compressions = CompressionRegistry([gzip.compression])
      let name = "gzip'd requests: \(kind)"
      try await againstOwnPythonClient(name, security, configuration: configuration) { _, python in
        let words = [largeText(bytes: 20_000), String(repeating: "a", count: 1024 * 1024)]
        var command = PythonClient.Command(kind, words)
        command.compression = "gzip"
        // grpcio 1.85.1 forgets the compression of a client-streaming `future` call; this is what it would have
        // added.
        if kind == .collect { command.metadata.append(["grpc-internal-encoding-request", "gzip"]) }
        let answer = try await python.call(command)
        #expect(answer.code == "OK")
        #expect(answer.texts == kind.answers(to: words, by: "swift"))
        #expect(gzip.decompressed == (CallKind.streamingRequests.contains(kind) ? 2 : 1))
      }
    }

    @Test(arguments: CallKind.allCases, Security.common)
    func `S6: the client reads compressed responses`(_ kind: CallKind, _ security: Security) async throws {
      let gzip = CountingGzip()
      var configuration = ServerConfiguration()
      configuration.compression = gzip.compression
      configuration.minimumCompressedBytes = 1024
      let name = "gzip'd responses: \(kind)"
      try await againstOwnPythonClient(name, security, configuration: configuration) { _, python in
        let words = [largeText(bytes: 20_000), "short", String(repeating: "a", count: 1024 * 1024)]
        let answer = try await python.call(PythonClient.Command(kind, words))
        #expect(answer.code == "OK")
        #expect(answer.texts == kind.answers(to: words, by: "swift"))
        #expect(gzip.compressed == (CallKind.streamingResponses.contains(kind) ? 2 : 1))
      }
    }

    @Test(arguments: Security.common)
    func `S5: the decompressed size is bounded`(_ security: Security) async throws {
      try await againstPythonClient("gzip bomb", security) { _, python in
        var command = PythonClient.Command(.get, [String(repeating: "a", count: 8 * 1024 * 1024)])
        command.compression = "gzip"
        let answer = try await python.call(command)
        #expect(answer.code == "RESOURCE_EXHAUSTED")
        #expect(answer.message?.contains("decompressed") == true)
      }
    }

    @Test func `S5: an unknown compression is UNIMPLEMENTED`() async throws {
      var configuration = ServerConfiguration()
      configuration.compressions = CompressionRegistry([.deflate])
      let name = "compression unknown to the server"
      try await againstOwnPythonClient(name, .h2c, configuration: configuration) { _, python in
        var command = PythonClient.Command(.get, ["word"])
        command.compression = "gzip"
        let answer = try await python.call(command)
        #expect(answer.code == "UNIMPLEMENTED")
        #expect(answer.message?.contains("gzip") == true)
      }
    }

    @Test(arguments: Security.common)
    func `100 calls run at the same time on one connection`(_ security: Security) async throws {
      try await againstPythonClient("100 concurrent calls", security) { _, python in
        var calls: [PythonClient.Call] = []
        for number in 0..<100 {
          // No handler answers until all hundred have started.
          let kind = CallKind.allCases[number % 4]
          calls.append(try await python.start(.init(kind, ["word-\(number)"], ["x-gather": "all \(security)/100"])))
        }
        for (number, call) in calls.enumerated() {
          let answer = try await call.answer()
          #expect(answer.code == "OK")
          #expect(answer.texts == CallKind.allCases[number % 4].answers(to: ["word-\(number)"], by: "swift"))
        }
      }
    }

    @Test(
      arguments: Security.common)
    func `A client that stops reading suspends the producer, and gets everything once it resumes`(_ security: Security)
      async throws
    {
      try await againstOwnPythonClient("slow reader", security) { server, python in
        let words = Array(repeating: "word", count: 1_000)
        var command = PythonClient.Command(.expand, words, ["x-send-bytes": "65536", "x-gate": "1"])
        command.countsOnly = true
        let call = try await python.start(command)
        _ = try await server.board.started(call.id)
        python.process.signal(19)  // SIGSTOP: no longer reads its socket
        server.board.openGate(call.id)
        let tls = try #require(Peers.current).credentials.clientConfiguration(security)
        let sent = try await withChannel(RPCChannel("ipv4:\(server.target)", tls: tls)) { channel in
          try await settled({ server.board.sentCount(call.id) }) {
            _ = try await OurClient(channel).call(.get, ["ping"], CallOptions())
          }
        }
        // 65 MB in all; the kernel's buffers and the client's windows hold far less than half of it.
        #expect(sent < 500)
        #expect(!server.board.hasEnded(call.id))
        python.process.signal(18)  // SIGCONT
        let answer = try await call.answer()
        #expect(answer.code == "OK")
        #expect(answer.count == 1_000)
        #expect(answer.bytes == 65_536_000)
      }
    }

    @Test(arguments: Security.common)
    func `A handler that does not read suspends the client's producer`(_ security: Security) async throws {
      try await againstOwnPythonClient("slow handler", security) { server, python in
        var command = PythonClient.Command(.collect, [String(repeating: "x", count: 65_536)], ["x-gate": "1"])
        command.repeat = 100  // 6.5 MB; the window of an unread stream holds one
        command.cancelAfterMessages = 100  // when all were accepted, which the handler would see
        let call = try await python.start(command)
        _ = try await server.board.started(call.id)
        for _ in 0..<200 { _ = try await python.call(.init(.get, ["ping"])) }
        #expect(!server.board.hasEnded(call.id))
        server.board.openGate(call.id)
        #expect(try await call.answer().code == "CANCELLED")
        #expect(try await server.board.cancelled(call.id))
        #expect(try await server.board.ended(call.id).received > 50)
      }
    }
  }
}

/// Text without blanks that compresses well but has no repetition that would hide lost or doubled pieces.
func largeText(bytes: Int) -> String {
  var text = ""
  text.reserveCapacity(bytes + 10)
  var number = 0
  while text.utf8.count < bytes {
    text += "\(number),"
    number += 1
  }
  return String(decoding: text.utf8.prefix(bytes), as: UTF8.self)
}

/// gzip that counts its uses.
final class CountingGzip: Sendable {
  private let counts = Mutex((compressed: 0, decompressed: 0))

  var compressed: Int { counts.withLock { $0.compressed } }
  var decompressed: Int { counts.withLock { $0.decompressed } }

  var compression: Compression {
    Compression(
      name: "gzip",
      compress: { message in
        self.counts.withLock { $0.compressed += 1 }
        return try Compression.gzip.compress(message)
      },
      decompress: { message, maxBytes in
        self.counts.withLock { $0.decompressed += 1 }
        return try Compression.gzip.decompress(message, maxBytes: maxBytes)
      })
  }
}
