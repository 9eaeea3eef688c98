// Calls of generated kinds in each protocol, between our client and our server.
import EchoStubs
import Freshet
import FreshetCore
import FreshetWeb
import NIOCore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct WebCallsTests {
  private func expectHead(_ metadata: Metadata, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(metadata.strings(for: "x-head") == ["1", "2"], sourceLocation: sourceLocation)
    #expect(metadata.binaries(for: "x-head-bin") == [[0, 255]], sourceLocation: sourceLocation)
  }

  private func expectTail(_ metadata: Metadata, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(metadata.strings(for: "x-tail") == ["3", "4"], sourceLocation: sourceLocation)
    #expect(metadata.binaries(for: "x-tail-bin") == [[1]], sourceLocation: sourceLocation)
  }

  @Test(arguments: Way.all) func `W108: all kinds of call have their messages and metadata over each carrier`(
    _ way: Way
  ) async throws {
    try await withWords(way) { channel, _ in
      let options = CallOptions(metadata: ["x-more": "a", "x-more": "b"])
      for method in [Words.get, Words.put] {
        let response = try await channel.unary(method, Word("hello"), options: options)
        #expect(response.message.text == "hello")
        expectHead(response.metadata)
        expectTail(response.trailers)
        #expect(response.metadata.strings(for: "x-more").joined(separator: ",").filter { $0 != " " } == "a,b")
      }
      let expanded = channel.serverStreaming(Words.expand, Word("a b c"))
      #expect(try await expanded.texts() == ["a", "b", "c"])
      expectHead(try await expanded.metadata)
      expectTail(try await expanded.trailers)
      let collected = try await channel.clientStreaming(Words.collect, ["a", "b"].map { Word($0) })
      #expect(collected.message.text == "a b")
      expectHead(collected.metadata)
      expectTail(collected.trailers)
      let updated = channel.bidirectional(Words.update, ["a", "b"].map { Word($0) })
      #expect(try await updated.texts() == ["a", "b"])
      expectTail(try await updated.trailers)
    }
  }

  @Test(arguments: Way.all) func `empty messages and empty streams are what they are`(_ way: Way) async throws {
    try await withWords(way) { channel, _ in
      for method in [Words.get, Words.put] {
        let response = try await channel.unary(method, Word())
        #expect(response.message == Word())
      }
      let expanded = try await channel.serverStreaming(Words.expand, Word()).texts()
      let collected = try await channel.clientStreaming(Words.collect, [Word]())
      let updated = try await channel.bidirectional(Words.update, [Word]()).texts()
      let empty = try await channel.bidirectional(Words.update, [Word(), Word()]).texts()
      #expect(expanded.isEmpty && collected.message == Word() && updated.isEmpty && empty == ["", ""])
    }
  }

  @Test(arguments: Way.all)
  func `W18: full duplex works where nothing collects the requests, since no message waits for another`(_ way: Way)
    async throws
  {
    try await withWords(way) { channel, _ in
      let call = channel.bidirectional(Words.update)
      var responses = call.responses.makeAsyncIterator()
      for text in ["one", "two", "three"] {
        try await call.send(Word(text))
        #expect(try await responses.next()?.text == text)
      }
      call.finish()
      #expect(try await responses.next() == nil)
    }
  }

  @Test(arguments: Way.all) func `errors have their code, message, details and metadata`(_ way: Way) async throws {
    try await withWords(way) { channel, _ in
      var errors: [RPCError] = []
      for method in [Words.get, Words.put] {
        errors.append(await failure { try await channel.unary(method, Word("fail")) })
      }
      errors.append(await failure { try await channel.clientStreaming(Words.collect, [Word("fail")]) })
      errors.append(await failure { try await channel.serverStreaming(Words.expand, Word("fail")).texts() })
      errors.append(await failure { try await channel.bidirectional(Words.update, [Word("fail")]).texts() })
      for error in errors {
        #expect(error.code == .dataLoss && error.message == "lost ü" && error.origin == .peer)
        #expect(StatusDetails.read(error.details ?? []) == StatusDetails.read(WordService.details.details ?? []))
        expectTail(error.metadata)
      }
      let broken = channel.serverStreaming(Words.expand, Word("a b fail c"))
      var texts: [String] = []
      let error = await failure { for try await word in broken { texts.append(word.text) } }
      #expect(texts == ["a", "b"] && error.code == .dataLoss)
      expectHead(try await broken.metadata)
      expectTail(try await broken.trailers)
    }
  }

  @Test(arguments: Way.all) func `an unknown method is UNIMPLEMENTED`(_ way: Way) async throws {
    let unknown = MethodDescriptor<Word, Word>(
      service: "no.Such", method: "Method", kind: .unary, requestCodec: ProtobufCodec<Word>(),
      responseCodec: ProtobufCodec<Word>())
    try await withWords(way) { channel, _ in
      #expect(await failure { try await channel.unary(unknown, Word()) }.code == .unimplemented)
    }
  }

  @Test(arguments: Way.all) func `the server knows the deadline, and the client keeps it`(_ way: Way) async throws {
    try await withWords(way) { channel, service in
      let long = CallOptions(timeout: .seconds(1000))
      _ = try await channel.unary(Words.put, Word("a"), options: long)
      let remaining = try #require(try await service.calls.next("a call").deadline).remaining(now: .now())
      #expect(remaining > .seconds(900) && remaining <= .seconds(1001))
      let short = CallOptions(timeout: .milliseconds(100))
      for method in [Words.get, Words.put] {
        #expect(
          await failure { try await channel.unary(method, Word("hang"), options: short) }.code == .deadlineExceeded)
      }
      let expanded = await failure {
        try await channel.serverStreaming(Words.expand, Word("hang"), options: short).texts()
      }
      #expect(expanded.code == .deadlineExceeded)
    }
  }

  @Test(arguments: Way.all) func `cancelling the task cancels the handler`(_ way: Way) async throws {
    try await withWords(way) { channel, service in
      let unary = Task { try await channel.unary(Words.put, Word("hang")) }
      _ = try await service.calls.next("a call")
      unary.cancel()
      #expect(await failure { try await unary.value }.code == .cancelled)
      try await service.cancellations.next("a cancelled handler")
      let stream = Task { try await channel.serverStreaming(Words.expand, Word("hang")).texts() }
      _ = try await service.calls.next("a call")
      stream.cancel()
      #expect(await failure { try await stream.value }.code == .cancelled)
      try await service.cancellations.next("a cancelled handler")
      #expect(try await channel.unary(Words.put, Word("a")).message.text == "a")
    }
  }

  @Test(arguments: Way.all, [Compression.gzip, .deflate])
  func `W13, W30, W37: requests and responses are compressed, and single ones are not`(
    _ way: Way, _ compression: Compression
  ) async throws {
    let long = String(repeating: "long", count: 500)
    let server = ServerConfiguration {
      $0.compression = compression
      $0.minimumCompressedBytes = 1000
    }
    try await withWords(way, server: server) { channel, service in
      let options = CallOptions(compression: compression, minimumCompressedBytes: 1000)
      for method in [Words.get, Words.put] {
        for text in [long, "short"] {
          let response = try await channel.unary(method, Word(text), options: options)
          #expect(response.message.text == text && response.wasCompressed == (text == long))
          #expect(try await service.calls.next("a call").lastRequestWasCompressed == (text == long))
        }
        let plain = try await withoutCompression { () async throws(RPCError) in
          try await channel.unary(method, Word(long), options: options)
        }
        #expect(plain.message.text == long)
        #expect(try await service.calls.next("a call").lastRequestWasCompressed == false)
      }
      let updated = channel.bidirectional(Words.update, [Word(long), Word("short")], options: options)
      #expect(try await updated.texts() == [long, "short"])
    }
  }

  @Test(arguments: Way.all) func `responses beyond the limit are RESOURCE_EXHAUSTED, also decompressed`(
    _ way: Way
  ) async throws {
    let text = String(repeating: "a", count: 9_990)
    for compression: Compression? in [nil, .gzip] {
      try await withWords(way, server: ServerConfiguration { $0.compression = compression }) { channel, _ in
        let exact = CallOptions(maxReceiveMessageBytes: try Word(text).serializedData().count)
        let less = CallOptions(maxReceiveMessageBytes: try Word(text).serializedData().count - 1)
        for method in [Words.get, Words.put] {
          #expect(try await channel.unary(method, Word(text), options: exact).message.text == text)
          #expect(
            await failure { try await channel.unary(method, Word(text), options: less) }.code == .resourceExhausted)
        }
        #expect(try await channel.serverStreaming(Words.expand, Word(text), options: exact).texts() == [text])
        let error = await failure {
          try await channel.serverStreaming(Words.expand, Word(text), options: less).texts()
        }
        #expect(error.code == .resourceExhausted)
        #expect(try await channel.unary(Words.put, Word("a")).message.text == "a")
      }
    }
  }

  @Test(arguments: Way.all) func `JSON is a format of all protocols`(_ way: Way) async throws {
    try await withWords(way, { $0.format = "json" }) { channel, _ in
      let got = try await channel.unary(Words.get, Word("ü \"")).message
      let put = try await channel.unary(Words.put, Word()).message
      let updated = try await channel.bidirectional(Words.update, [Word("a"), Word("b")]).texts()
      #expect(got.text == "ü \"" && put == Word() && updated == ["a", "b"])
      #expect(await failure { try await channel.unary(Words.get, Word("fail")) }.code == .dataLoss)
    }
    try await withWords(way, { $0.format = "xml" }) { channel, _ in
      let error = await failure { try await channel.unary(Words.get, Word()) }
      #expect(error.code == .internal && error.message.contains("“xml”"))
      #expect(await failure { try await channel.bidirectional(Words.update, [Word()]).texts() }.code == .internal)
      #expect(await failure { try await channel.bidirectional(Words.update).send(Word()) }.code == .internal)
    }
  }

  @Test(arguments: Way.all) func `large messages and many of them pass in both directions`(_ way: Way) async throws {
    let words = (0..<300).map { Word(String(repeating: "\($0)", count: 1 + $0 * 20)) }
    try await withWords(way) { channel, _ in
      let updated = try await channel.bidirectional(Words.update, words).texts()
      #expect(updated == words.map(\.text))
      // Beyond all windows; under a sanitizer, whose JSON takes minutes, beyond the usual ones.
      let large = String(repeating: "0123456789", count: Sanitizer.isOn ? 10_000 : 300_000)
      for method in [Words.get, Words.put] {
        let response = try await channel.unary(method, Word(large))
        #expect(response.message.text == large)
      }
    }
  }
}
