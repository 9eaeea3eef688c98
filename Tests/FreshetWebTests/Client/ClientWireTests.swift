// The exact requests of each protocol, and what every odd response means, against a server of raw HTTP/2 frames.
import EchoStubs
import Freshet
import FreshetCore
import FreshetWeb
import NIOCore
import TestSupport
import Testing
import WebResponses

@Suite(.timeLimit(.minutes(5))) struct ClientWireTests {
  // MARK: Requests

  /// The fields and the body of a request, which is answered by a reset.
  private func request<Result: Sendable>(
    _ callProtocol: CallProtocol, _ configure: (inout ChannelConfiguration) -> Void = { _ in },
    _ call: @escaping @Sendable (RPCChannel) async throws -> Result
  ) async throws -> (fields: [String], body: [UInt8], frameCount: Int) {
    let listener = LoopbackListener()
    var configuration = ChannelConfiguration { $0.compressions = CompressionRegistry([.gzip]) }
    configure(&configuration)
    let channel = RPCChannel("ipv4:127.0.0.1:\(listener.port)", protocol: callProtocol, configuration: configuration)
    return try await withChannel(channel) { channel in
      let calling = Task { try await call(channel) }
      let peer = try await FramePeer.on(socket: listener.accept(), peerIsClient: true)
      peer.send(.settings(), .settingsAck)
      let frames = try await peer.frames { $0.streamID == 1 && $0.isEndStream }
      peer.send(.reset(1, code: 8))
      _ = await calling.result
      let head = try #require(frames.first { $0.kind == .headers })
      let data = frames.filter { $0.kind == .data }
      return (head.fields.map(\.description), data.flatMap(\.payload), data.count + 1)
    }
  }

  private let options = CallOptions(
    metadata: ["x-own": "1", "x-own-bin": .binary([255]), "user-agent": "app/1", "content-encoding": "no"],
    timeout: .milliseconds(1_500_000))
  private static let agent = "user-agent: app/1 grpc-swift-freshet/0.1.0"

  @Test func `W21: gRPC-Web's requests`() async throws {
    for (callProtocol, type) in [(CallProtocol.grpcWeb, "grpc-web"), (.grpcWebText, "grpc-web-text")] {
      let (fields, body, _) = try await request(callProtocol) { [options] in
        try await $0.unary(Words.put, Word("hi"), options: options)
      }
      #expect(fields.prefix(3) == [":method: POST", ":scheme: http", ":path: /test.Words/Put"])
      #expect(
        fields.dropFirst(4) == [
          "grpc-timeout: 1500000m", "content-type: application/\(type)+proto", "accept: application/\(type)+proto",
          "x-grpc-web: 1", "grpc-accept-encoding: identity,gzip", Self.agent, "x-own: 1", "x-own-bin: /w",
        ])
      let message = grpcMessage(try Word("hi").serializedBytes())
      #expect(
        body == (type == "grpc-web" ? message : Array(Base64Runs.encode(ByteBuffer(bytes: message)).readableBytesView)))
    }
  }

  @Test func `W28: Connect's unary request has the bare message`() async throws {
    let (fields, body, _) = try await request(.connect) { [options] in
      try await $0.unary(Words.get, Word("hi"), options: options)
    }
    #expect(fields.prefix(3) == [":method: POST", ":scheme: http", ":path: /test.Words/Get"])
    #expect(
      fields.dropFirst(4) == [
        "content-type: application/proto", "connect-protocol-version: 1", "accept-encoding: identity,gzip",
        "connect-timeout-ms: 1500000", Self.agent, "x-own: 1", "x-own-bin: /w",
      ])
    #expect(body == (try Word("hi").serializedBytes()))
  }

  @Test func `W30: a unary request is announced as compressed only if it is`() async throws {
    for count in [1, 2000] {
      let text = String(repeating: "a", count: count)
      let (fields, body, _) = try await request(.connect) {
        try await $0.unary(
          Words.put, Word(text), options: CallOptions(compression: .gzip, minimumCompressedBytes: 1000))
      }
      #expect(fields.contains("content-encoding: gzip") == (count == 2000))
      let plain = count == 2000 ? try Compression.gzip.decompress(ByteBuffer(bytes: body), maxBytes: 5000) : nil
      #expect(try Word(serializedBytes: plain.map { Array($0.readableBytesView) } ?? body).text == text)
    }
  }

  @Test func `W37: Connect's streams name their compression in fields of their own`() async throws {
    let (fields, body, _) = try await request(.connect) {
      try await $0.bidirectional(
        Words.update, [Word("a"), Word("b")], options: CallOptions(compression: .gzip, minimumCompressedBytes: 1000)
      ).texts()
    }
    #expect(
      fields.dropFirst(4) == [
        "content-type: application/connect+proto", "connect-protocol-version: 1", "connect-content-encoding: gzip",
        "connect-accept-encoding: identity,gzip", "user-agent: grpc-swift-freshet/0.1.0",
      ])
    #expect(body == (try grpcMessage(Word("a").serializedBytes()) + grpcMessage(Word("b").serializedBytes())))
  }

  @Test func `W34, W36: a method without side effects is called by GET`() async throws {
    let (fields, body, count) = try await request(.connectGET) { [options] in
      try await $0.unary(Words.get, Word("hi"), options: options)
    }
    #expect(
      fields.prefix(3) == [
        ":method: GET", ":scheme: http", ":path: /test.Words/Get?connect=v1&base64=1&encoding=proto&message=CgJoaQ",
      ])
    #expect(
      fields.dropFirst(4) == [
        "accept-encoding: identity,gzip", "connect-timeout-ms: 1500000", Self.agent, "x-own: 1", "x-own-bin: /w",
      ])
    #expect(body.isEmpty)
    #expect(count == 1)  // some servers answer a GET before an empty DATA frame, and fail when that arrives
    let json = try await request(.connectGET, { $0.format = "json" }) { try await $0.unary(Words.get, Word("ü")) }
    #expect(
      json.fields[2]
        == ":path: /test.Words/Get?connect=v1&encoding=json&message=%7B%22text%22%3A%22%C3%BC%22%7D")
  }

  @Test func `W36: what does not fit into a URL is sent by POST`() async throws {
    for (count, verb) in [(100, "GET"), (7_000, "POST")] {
      let text = String(repeating: "a", count: count)
      let (fields, body, _) = try await request(.connectGET) { try await $0.unary(Words.get, Word(text)) }
      #expect(fields[0] == ":method: \(verb)")
      #expect(fields[2].utf8.count < 8192)
      if verb == "POST" { #expect(body == (try Word(text).serializedBytes())) }
    }
    let compressed = try await request(.connectGET) {
      try await $0.unary(
        Words.get, Word(String(repeating: "a", count: 7000)), options: CallOptions(compression: .gzip))
    }
    #expect(compressed.fields[0] == ":method: GET" && compressed.fields[2].contains("&compression=gzip&"))
    let put = try await request(.connectGET) { try await $0.unary(Words.put, Word("a")) }
    #expect(put.fields[0] == ":method: POST")
  }

  // MARK: Responses

  static let responses = OddWebResponses { text in
    do { return try Word(text).serializedBytes() } catch { preconditionFailure("\(error)") }
  }

  @Test(arguments: Self.responses.all) func `an odd response means the same over HTTP/2 and HTTP/1.1`(
    _ odd: OddWebResponse
  ) async throws {
    for callProtocol in odd.protocols {
      for method in odd.isUnary ? [Words.put] : [Words.expand, Words.collect] {
        let body = callProtocol == .grpcWebText ? odd.textBody : odd.body
        try await answer(odd, callProtocol, .http2, method) { socket in
          let peer = try await FramePeer.on(socket: socket, peerIsClient: true)
          peer.send(.settings(), .settingsAck)
          _ = try await peer.frames { $0.streamID == 1 && $0.isEndStream }
          peer.send(.headers(1, odd.head(callProtocol), endStream: body.isEmpty))
          for (index, byte) in body.enumerated() where odd.isSlow {
            peer.send(.data(1, [byte], endStream: index == body.count - 1))
          }
          if !body.isEmpty, !odd.isSlow { peer.send(.data(1, body, endStream: true)) }
          return { peer.close() }
        }
        try await answer(odd, callProtocol, .http1, method) { socket in
          let peer = RawPeer(socket)
          _ = try await peer.request()
          peer.send(odd.http1(callProtocol, body))
          return { peer.close() }
        }
      }
    }
  }

  /// Makes a call, and compares its result.
  /// - Parameter serve: sends the response on the server's socket; its result closes that.
  private func answer(
    _ odd: OddWebResponse, _ callProtocol: CallProtocol, _ http: ChannelHTTPVersion,
    _ method: MethodDescriptor<Word, Word>,
    _ serve: (CInt) async throws -> () -> Void
  ) async throws {
    let listener = LoopbackListener()
    let channel = RPCChannel("ipv4:127.0.0.1:\(listener.port)", protocol: callProtocol, http: http)
    try await withChannel(channel) { channel in
      let calling = Task { await outcome(of: method, on: channel) }
      let close = try await serve(listener.accept())
      let (texts, result) = await calling.value
      close()
      let error = if case .failure(let error) = result { error as? RPCError } else { RPCError?.none }
      let name = Comment(rawValue: "\(odd.name), \(callProtocol), \(http), \(method.method): \(texts), \(result)")
      let isSingle = method.kind != .serverStreaming
      if isSingle, odd.code == nil, odd.texts.count != 1 {
        #expect(error?.code == .unimplemented, name)  // C9
      } else {
        #expect(error?.code == odd.code, name)
        if error == nil || !isSingle { #expect(texts == odd.texts, name) }
      }
      if let message = odd.message { #expect(error?.message == message, name) }
      if let trailer = odd.trailer {
        let trailers = (try? result.get()) ?? error?.metadata ?? [:]
        #expect(trailers.strings(for: "x-t") == trailer, name)
      }
    }
  }

  /// The texts and the trailers of a call.
  private func outcome(
    of method: MethodDescriptor<Word, Word>, on channel: RPCChannel
  ) async -> ([String], Swift.Result<Metadata, any Error>) {
    var texts: [String] = []
    do {
      if method.kind == .serverStreaming {
        let responses = channel.serverStreaming(method, Word("a"))
        for try await word in responses { texts.append(word.text) }
        return (texts, .success(try await responses.trailers))
      }
      let response =
        method.kind == .unary
        ? try await channel.unary(method, Word("a")) : try await channel.clientStreaming(method, [Word("a")])
      return ([response.message.text], .success(response.trailers))
    } catch {
      return (texts, .failure(error))
    }
  }
}

extension OddWebResponse: CustomTestStringConvertible {
  public var testDescription: String { name }
}
