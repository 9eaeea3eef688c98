// Compression between our client and our server: chosen by either, off for single messages, visible to the other.
import Freshet
import FreshetStreams
import struct NIOCore.ByteBuffer
import Synchronization
import TestSupport
import Testing

@Suite struct CompressionTests {
  private static let text = ByteBuffer(repeating: 7, count: 100_000)

  /// Reports for each request whether it was compressed.
  private let witness = BytesService(
    unary: { _, context in flag(context.lastRequestWasCompressed) },
    clientStreaming: { requests, context in
      var flags = ByteBuffer()
      for try await _ in requests { flags.writeImmutableBuffer(flag(context.lastRequestWasCompressed)) }
      return flags
    },
    bidirectional: { requests, context in
      AsyncGenerator { yield in
        for try await _ in requests { try await yield(flag(context.lastRequestWasCompressed)) }
      }
    })

  private static func flag(_ isCompressed: Bool) -> ByteBuffer { ByteBuffer(string: isCompressed ? "c" : "-") }

  @Test(arguments: [Compression.gzip, .deflate])
  func `S5, S6: each side compresses, and the other decompresses and reports it`(_ compression: Compression)
    async throws
  {
    let service = BytesService(unary: { request, context in
      #expect(context.lastRequestWasCompressed)
      context.responseCompression = compression
      return request
    })
    try await withServerAndChannel(service) { channel in
      let response = try await channel.unary(
        BytesService.unary, Self.text, options: CallOptions(compression: compression))
      #expect(response.message == Self.text && response.wasCompressed)
    }
  }

  @Test func `S5: single requests are uncompressed on the caller's request`() async throws {
    try await withServerAndChannel(witness) { channel in
      let options = CallOptions(compression: .gzip)
      let flags = try await channel.clientStreaming(
        BytesService.clientStreaming,
        AsyncGenerator { yield in
          try await yield(Self.text)
          try await withoutCompression { try await yield(Self.text) }
          try await yield(Self.text)
        }, options: options)
      #expect(String(buffer: flags.message) == "c-c")
      let unary = try await withoutCompression {
        try await channel.unary(BytesService.unary, Self.text, options: options)
      }
      #expect(String(buffer: unary.message) == "-")
      let call = channel.bidirectional(BytesService.bidirectional, options: options)
      var answers = call.responses.makeAsyncIterator()
      try await withoutCompression { try await call.send(Self.text) }
      #expect(try await answers.next() == Self.flag(false))
      try await call.send(Self.text)
      #expect(try await answers.next() == Self.flag(true))
    }
  }

  @Test func `S5: requests below the call's minimum are uncompressed`() async throws {
    try await withServerAndChannel(witness) { channel in
      let options = CallOptions(compression: .gzip, minimumCompressedBytes: 100)
      for (bytes, flag) in [(99, "-"), (100, "c")] {
        let message = ByteBuffer(repeating: 1, count: bytes)
        let answer = try await channel.unary(BytesService.unary, message, options: options)
        #expect(String(buffer: answer.message) == flag)
      }
    }
  }

  @Test func `C9: a client learns whether each response was compressed`() async throws {
    let service = BytesService(serverStreaming: { request, context in
      context.responseCompression = .gzip
      return AsyncGenerator { yield in
        for isOn in [true, false, true] {
          context.compressesResponses = isOn
          try await yield(request)
        }
      }
    })
    try await withServerAndChannel(service) { channel in
      let responses = channel.serverStreaming(BytesService.serverStreaming, Self.text)
      #expect(!responses.lastResponseWasCompressed)
      var iterator = responses.makeAsyncIterator()
      var flags: [Bool] = []
      while let response = try await iterator.next() {
        #expect(response == Self.text)
        flags.append(responses.lastResponseWasCompressed)
      }
      // A reader off the call's loop takes several messages per hop, and still learns of each.
      #expect(flags == [true, false, true])
    }
  }

  @Test func `S6: a client without the server's compression gets uncompressed messages`() async throws {
    var server = ServerConfiguration()
    server.compression = .gzip
    var client = ChannelConfiguration()
    client.compressions = CompressionRegistry([.deflate])
    let echo = BytesService(unary: { request, _ in request })
    try await withServer([echo], configuration: server) { address in
      try await withChannel(RPCChannel(address.target, configuration: client)) { channel in
        let response = try await channel.unary(BytesService.unary, Self.text)
        #expect(response.message == Self.text && !response.wasCompressed)
      }
      try await withChannel(RPCChannel(address.target)) { channel in
        let response = try await channel.unary(BytesService.unary, Self.text)
        #expect(response.wasCompressed)
      }
    }
  }

  @Test func `C9: a response that decompresses beyond the call's limit is RESOURCE_EXHAUSTED`() async throws {
    var configuration = ServerConfiguration()
    configuration.compression = .gzip
    let echo = BytesService(unary: { request, _ in request })
    try await withServerAndChannel(echo, configuration: configuration) { channel in
      let options = CallOptions(maxReceiveMessageBytes: 10_000)
      let error = await rpcError { try await channel.unary(BytesService.unary, Self.text, options: options) }
      #expect(error.code == .resourceExhausted && error.message.contains("decompressed"), "\(error)")
    }
  }

  // MARK: Interceptors

  private struct Change: ClientInterceptor {
    var change: @Sendable (inout CallOptions) -> Void
    func startCall(_ call: inout ClientCallRequest) async throws { change(&call.options) }
  }

  @Test(arguments: [nil, Compression.deflate])
  func `S5: the compression that an interceptor chooses is announced and used`(_ own: Compression?) async throws {
    try await withServer([witness]) { address in
      let interceptor = Change { $0.compression = .gzip }
      try await withChannel(RPCChannel(address.target, interceptors: [interceptor])) { channel in
        let options = CallOptions(compression: own)
        #expect(try await channel.unary(BytesService.unary, Self.text, options: options).message == Self.flag(true))
        let sequence = AsyncGenerator { yield in for _ in 0..<2 { try await yield(Self.text) } }
        let flags = try await channel.clientStreaming(BytesService.clientStreaming, sequence, options: options).message
        #expect(String(buffer: flags) == "cc")
        let call = channel.bidirectional(BytesService.bidirectional, options: options)
        try await call.send(Self.text)
        call.finish()
        for try await answer in call.responses { #expect(answer == Self.flag(true)) }
      }
    }
  }

  @Test func `S5: an interceptor can disable a call's compression`() async throws {
    try await withServer([witness]) { address in
      let interceptor = Change { $0.compression = nil }
      try await withChannel(RPCChannel(address.target, interceptors: [interceptor])) { channel in
        let options = CallOptions(compression: .gzip)
        #expect(try await channel.unary(BytesService.unary, Self.text, options: options).message == Self.flag(false))
        let flags = try await channel.clientStreaming(BytesService.clientStreaming, once(Self.text), options: options)
        #expect(flags.message == Self.flag(false))
      }
    }
  }

  @Test func `C9: a limit set by an interceptor applies, and one that it removes does not`() async throws {
    let echo = BytesService(
      unary: { request, _ in request },
      serverStreaming: { request, _ in AsyncGenerator { yield in try await yield(request) } })
    try await withServer([echo]) { address in
      let lower = Change { $0.maxReceiveMessageBytes = 10 }
      try await withChannel(RPCChannel(address.target, interceptors: [lower])) { channel in
        let unary = await rpcError { try await channel.unary(BytesService.unary, Self.text) }
        #expect(unary.code == .resourceExhausted && unary.message.contains("10 bytes"), "\(unary)")
        let stream = channel.serverStreaming(BytesService.serverStreaming, Self.text)
        #expect(await rpcError { for try await _ in stream {} }.code == .resourceExhausted)
      }
      let lift = Change { $0.maxReceiveMessageBytes = 1 << 20 }
      try await withChannel(RPCChannel(address.target, interceptors: [lift])) { channel in
        let options = CallOptions(maxReceiveMessageBytes: 10)
        let response = try await channel.unary(BytesService.unary, Self.text, options: options)
        #expect(response.message == Self.text)
      }
    }
  }
}
