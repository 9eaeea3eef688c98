// The compression of responses, as seen by a scripted client (grpc-wire.md S5, S6).
import FreshetCore
import FreshetStreams
import NIOCore
import TestSupport
import Testing

@testable import FreshetServer

@Suite(.timeLimit(.minutes(5))) struct ResponseEncodingTests {
  private static let text = Array(repeating: UInt8(7), count: 1000)
  private let echo = BytesService(unary: { request, _ in request })

  private func configured(_ compression: Compression?, minimum: Int = 0) -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.compression = compression
    configuration.minimumCompressedBytes = minimum
    return configuration
  }

  /// The response to a unary call with these encoding headers.
  private func answer(
    _ service: BytesService, _ configuration: ServerConfiguration, accepting: [String], _ payload: [UInt8] = text
  ) async throws -> Answer {
    try await withPeer(service, configuration: configuration) { peer, _ async throws in
      let fields = accepting.map { ("grpc-accept-encoding", $0) }
      return Answer(try await peer.call("/test.Bytes/Unary", 1, [payload], fields))
    }
  }

  /// The announced encoding, and the messages with their flags.
  struct Answer {
    var encoding: String?
    var status: String?
    var messages: [MessageDeframer.Message] = []

    init(_ frames: [Frame]) {
      encoding = frames.first?["grpc-encoding"]
      status = frames.last?["grpc-status"]
      var deframer = MessageDeframer(maxMessageBytes: 1 << 20)
      for frame in frames where frame.kind == .data { frame.payload.withUnsafeBytes { deframer.append($0) } }
      while let message = try? deframer.next() { messages.append(message) }
    }
  }

  @Test(arguments: [Compression.gzip, .deflate])
  func `S6: the server's compression is announced and used for a client that lists it`(_ compression: Compression)
    async throws
  {
    for list in [["identity,deflate,gzip"], ["gzip, deflate"], ["br", "deflate", "gzip"]] {
      let answer = try await answer(echo, configured(compression), accepting: list)
      #expect(answer.encoding == compression.name)
      #expect(answer.messages.map(\.isCompressed) == [true])
      let message = try compression.decompress(answer.messages[0].payload, maxBytes: 1000)
      #expect(Array(message.readableBytesView) == Self.text)
    }
  }

  @Test(arguments: [[], ["identity"], ["deflate,br"], ["gzipped"], ["xgzip"], [""]])
  func `S6: an encoding that the client did not list is never used`(_ list: [String]) async throws {
    let chosen = BytesService(unary: { request, context in
      context.responseCompression = .gzip
      return request
    })
    for (service, compression) in [(echo, Compression.gzip), (chosen, nil)] {
      let answer = try await answer(service, configured(compression), accepting: list)
      #expect(answer.encoding == nil && answer.status == "0")
      #expect(answer.messages.map(\.isCompressed) == [false])
    }
  }

  @Test func `S6: a handler chooses the compression of its call, or none`() async throws {
    let chosen = BytesService(unary: { request, context in
      #expect(context.responseCompression?.name == "gzip")
      context.responseCompression = request.readableBytes > 500 ? .deflate : nil
      return request
    })
    let large = try await answer(chosen, configured(.gzip), accepting: ["gzip,deflate"])
    #expect(large.encoding == "deflate" && large.messages.map(\.isCompressed) == [true])
    let small = try await answer(chosen, configured(.gzip), accepting: ["gzip,deflate"], [1, 2])
    #expect(small.encoding == nil && small.messages.map(\.isCompressed) == [false])
  }

  @Test func `S6: compression can be switched per message`() async throws {
    let service = BytesService(serverStreaming: { request, context in
      AsyncGenerator { yield in
        context.responseCompression = .gzip
        for isOn in [true, false, true] {
          context.compressesResponses = isOn
          try await yield(request)
        }
      }
    })
    try await withPeer(service) { peer, _ async throws in
      let frames = try await peer.call(
        "/test.Bytes/ServerStreaming", 1, [Self.text], [("grpc-accept-encoding", "gzip")])
      let answer = Answer(frames)
      #expect(answer.encoding == "gzip")
      #expect(answer.messages.map(\.isCompressed) == [true, false, true])
    }
  }

  @Test func `S6: a choice after the headers were sent has no effect`() async throws {
    let service = BytesService(unary: { request, context in
      try await context.sendInitialMetadata()
      context.responseCompression = .gzip
      #expect(context.responseCompression == nil)
      return request
    })
    let answer = try await answer(service, configured(nil), accepting: ["gzip"])
    #expect(answer.encoding == nil && answer.messages.map(\.isCompressed) == [false])
  }

  @Test func `S6: messages below the server's minimum are not compressed`() async throws {
    for (bytes, isCompressed) in [(0, false), (99, false), (100, true)] {
      let answer = try await answer(
        echo, configured(.gzip, minimum: 100), accepting: ["gzip"], Array(repeating: 1, count: bytes))
      #expect(answer.encoding == "gzip")
      #expect(answer.messages.map(\.isCompressed) == [isCompressed])
    }
  }

  @Test func `S6: compression also works on the global pool and for streams of requests`() async throws {
    let service = BytesService(
      bidirectional: { requests, context in
        context.responseCompression = .gzip
        return AsyncGenerator { yield in for try await request in requests { try await yield(request) } }
      }, execution: .globalPool)
    try await withPeer(service) { peer, _ async throws in
      let frames = try await peer.call(
        "/test.Bytes/Bidirectional", 1, [Self.text, Self.text], [("grpc-accept-encoding", "gzip")])
      let answer = Answer(frames)
      #expect(answer.encoding == "gzip" && answer.messages.map(\.isCompressed) == [true, true])
    }
  }

  @Test func `S5, S6: an algorithm of the application's own is used in both directions`() async throws {
    let negation = Compression(
      name: "x-not", compress: { ByteBuffer(bytes: $0.readableBytesView.map { ~$0 }) },
      decompress: { bytes, _ in ByteBuffer(bytes: bytes.readableBytesView.map { ~$0 }) })
    var configuration = configured(negation)
    configuration.compressions = CompressionRegistry([negation])
    try await withPeer(echo, configuration: configuration) { peer, _ async throws in
      peer.send(
        .headers(1, grpcRequest("/test.Bytes/Unary", [("grpc-encoding", "x-not"), ("grpc-accept-encoding", "x-not")])),
        .data(1, grpcMessage([0xF0, 0xFF], flag: 1), endStream: true))
      let frames = try await peer.response(on: 1)
      #expect(frames[0]["grpc-encoding"] == "x-not")
      #expect(frames[1].payload == grpcMessage([0xF0, 0xFF], flag: 1))
      // gzip is not registered here.
      peer.send(.headers(3, grpcRequest("/test.Bytes/Unary", [("grpc-encoding", "gzip")]), endStream: true))
      let refusal = try await peer.response(on: 3)
      #expect(refusal[0]["grpc-status"] == "12" && refusal[0]["grpc-accept-encoding"] == "identity,x-not")
    }
  }

  @Test func `S5: a handler learns whether each request was compressed`() async throws {
    let service = BytesService(
      unary: { _, context in ByteBuffer(integer: context.lastRequestWasCompressed ? 1 : 0 as UInt8) },
      bidirectional: { requests, context in
        AsyncGenerator { yield in
          for try await _ in requests {
            try await yield(ByteBuffer(integer: context.lastRequestWasCompressed ? 1 : 0 as UInt8))
          }
        }
      })
    let gzipped = Array(try Compression.gzip.compress(ByteBuffer(bytes: Self.text)).readableBytesView)
    try await withPeer(service) { peer, _ async throws in
      let messages =
        grpcMessage(Self.text) + grpcMessage(gzipped, flag: 1) + grpcMessage([]) + grpcMessage(gzipped, flag: 1)
      peer.send(
        .headers(1, grpcRequest("/test.Bytes/Bidirectional", [("grpc-encoding", "gzip")])),
        .data(1, messages, endStream: true))
      #expect(
        Answer(try await peer.response(on: 1)).messages.map { $0.payload.readableBytesView.first } == [0, 1, 0, 1])
      peer.send(
        .headers(3, grpcRequest("/test.Bytes/Unary", [("grpc-encoding", "gzip")])),
        .data(3, grpcMessage(gzipped, flag: 1), endStream: true))
      #expect(Answer(try await peer.response(on: 3)).messages.map { $0.payload.readableBytesView.first } == [1])
      #expect(
        Answer(try await peer.call("/test.Bytes/Unary", 5, [Self.text])).messages.first?.payload
          == ByteBuffer(bytes: [0]))
    }
  }
}
