// A call's result for given responses of a scripted server.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import FreshetStreams
import FreshetTransport
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FreshetClient

@Suite(.timeLimit(.minutes(5)), .onEitherLoop) struct ClientCallTests {
  /// The result of a unary call with this response.
  private func unary(
    options: CallOptions = CallOptions(), configuration: ChannelConfiguration = ChannelConfiguration(),
    _ answer: [Frame]
  ) async throws -> Swift.Result<FreshetClient.Response<Bytes>, any Error> {
    try await withScript(configuration: configuration) { channel, server async throws in
      let call = Task { try await channel.unary(method(.unary), Bytes(bytes: [1]), options: options) }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      peer.send(answer)
      return await call.result
    }
  }

  /// The result of a server-streaming call with this response: the messages, then the status code.
  private func stream(_ answer: [Frame]) async throws -> ([[UInt8]], Status.Code) {
    try await withScript { channel, server async throws in
      let call = Task { () -> ([[UInt8]], Status.Code) in
        var messages: [[UInt8]] = []
        do throws(RPCError) {
          for try await message in channel.serverStreaming(method(.serverStreaming), Bytes(bytes: [1])) {
            messages.append(Array(message.readableBytesView))
          }
          return (messages, .ok)
        } catch { return (messages, error.code) }
      }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      peer.send(answer)
      return await call.value
    }
  }

  // MARK: Success

  @Test func `a task that prefers the channel's executor makes calls on the loop, and gets responses there`()
    async throws
  {
    try await withScript { channel, server async throws in
      let executor = try #require(channel.executor as? LoopExecutor)
      let call = Task(executorPreference: channel.executor) {
        let response = try await channel.unary(method(.unary), Bytes(bytes: [1]))
        return (response.message, executor.isCurrent)
      }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      peer.send([
        .headers(1, answerHead), .data(1, grpcMessage([2])), .headers(1, answerTrailers(0), endStream: true),
      ])
      let (message, isOnLoop) = try await call.value
      #expect(Array(message.readableBytesView) == [2])
      #expect(isOnLoop)
    }
  }

  @Test func `RFC 9113 §8.2.1: a strict peer accepts the request, whatever the metadata`() async throws {
    try await withScript { channel, server async throws in
      var metadata: Metadata = ["x": " a \t", "y": " ", "z": "", "user-agent": "  ", "t-bin": .binary([])]
      metadata.add(" own ", for: "User-Agent")
      let options = CallOptions(metadata: metadata)
      let call = Task { try await channel.unary(method(.unary), Bytes(), options: options) }
      let head = try await server.accept().next(.headers)  // the peer only returns headers that it accepts
      #expect(head.fields.suffix(4).map { "\($0.name)=\($0.value)" } == ["x=a", "y=", "z=", "t-bin="])
      #expect(head.fields.first { $0.name == "user-agent" }?.value.hasPrefix("own grpc-swift-freshet/") == true)
      call.cancel()
      _ = await call.result
    }
  }

  @Test func `C1: a unary call is headers, its message and END_STREAM`() async throws {
    try await withScript { channel, server async throws in
      let call = Task {
        try await channel.unary(method(.unary), Bytes(bytes: [1, 2]), options: CallOptions(metadata: ["x": "y"]))
      }
      let peer = try await server.accept()
      let head = try await peer.next(.headers)
      #expect(
        head.fields.map(\.name) == [
          ":method", ":scheme", ":path", ":authority", "te", "content-type", "grpc-accept-encoding", "user-agent", "x",
        ])
      let data = try await peer.next(.data)
      #expect(data.payload == grpcMessage([1, 2]))
      #expect(data.isEndStream)
      peer.send(
        .headers(1, answerHead + [("a", "b")]), .data(1, grpcMessage([7])),
        .headers(1, answerTrailers(0, [("c", "d")]), endStream: true))
      let response = try await call.value
      #expect(Array(response.message.readableBytesView) == [7])
      #expect(response.metadata["a"] == "b")
      #expect(response.trailers["c"] == "d")
    }
  }

  @Test func `S7: a response may be cut and padded in any way`() async throws {
    let bytes = grpcMessage([1, 2, 3])
    let answer =
      [Frame.headers(1, answerHead)] + bytes.map { .data(1, [$0], padding: 200) }
      + [.headers(1, answerTrailers(0), endStream: true)]
    let response = try await unary(answer).get()
    #expect(Array(response.message.readableBytesView) == [1, 2, 3])
  }

  @Test func `C2: interim responses are skipped`() async throws {
    let answer: [Frame] = [
      .headers(1, [(":status", "100")]), .headers(1, [(":status", "103"), ("grpc-status", "7")]),
      .headers(1, answerHead),
      .data(1, grpcMessage([])), .headers(1, answerTrailers(0), endStream: true),
    ]
    let response = try await unary(answer).get()
    #expect(response.message.readableBytes == 0)
  }

  @Test func `messages of a stream arrive in order, then the end`() async throws {
    let (messages, code) = try await stream([
      .headers(1, answerHead), .data(1, grpcMessage([1]) + grpcMessage([])), .data(1, grpcMessage([2])),
      .headers(1, answerTrailers(0), endStream: true),
    ])
    #expect(messages == [[1], [], [2]])
    #expect(code == .ok)
  }

  @Test func `a message after the end fails the call, even without a connection yet`() async throws {
    try await withScript { channel, server async throws in
      let call = channel.bidirectional(method(.bidirectional))
      let stream = call.call.call().stream
      stream.finishSending()
      // Submitted as by a `send` that has not seen the end yet, and that returns when there is room.
      _ = try stream.put(ByteBuffer(bytes: grpcMessage([1])))
      let peer = try await server.accept()
      try await peer.roundTrip()
      // A call that was sent anyway would succeed.
      peer.send(.headers(1, answerHead + answerTrailers(0), endStream: true))
      let error = await #expect(throws: RPCError.self) { for try await _ in call.responses {} }
      #expect(error?.message == RPCError.sentAfterEnd.message)
    }
  }

  @Test func `messages before a status that is not OK are read before it is thrown`() async throws {
    let (messages, code) = try await stream([
      .headers(1, answerHead), .data(1, grpcMessage([1]) + grpcMessage([2])),
      .headers(1, answerTrailers(15), endStream: true),
    ])
    #expect(messages == [[1], [2]])
    #expect(code == .dataLoss)
  }

  // MARK: Failures

  @Test func `Trailers-Only is the status`() async throws {
    let error = rpcError(
      try await unary([.headers(1, answerHead + answerTrailers(5, [("grpc-message", "no%20such")]), endStream: true)]))
    #expect(error.code == .notFound)
    #expect(error.message == "no such")
    #expect(error.origin == .peer)
  }

  @Test func `C8: a status in headers without END_STREAM does not count`() async throws {
    let answer: [Frame] = [
      .headers(1, answerHead + [("grpc-status", "7")]), .data(1, grpcMessage([3])),
      .headers(1, answerTrailers(0), endStream: true),
    ]
    let response = try await unary(answer).get()
    #expect(Array(response.message.readableBytesView) == [3])
  }

  @Test(arguments: [100, 101])
  func `C2: a hundred interim responses are skipped, one more fails the call`(count: Int) async throws {
    try await withScript { channel, server async throws in
      let call = Task { try await channel.unary(method(.unary), Bytes(bytes: [1])) }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      peer.send((0..<count).map { .headers(1, [(":status", "103"), ("link", "\($0)")]) })
      if count > 100 {
        let error = rpcError(await call.result)
        #expect(error.code == .internal && error.message.contains("more than 100 interim responses"), "\(error)")
        #expect(try await peer.next(.reset).number() == ErrorCode.enhanceYourCalm.rawValue)
        // In-flight frames are tolerated.
        peer.send(.headers(1, [(":status", "103")]), .headers(1, [(":status", "200")]))
        #expect(try await !peer.roundTrip().contains { $0.kind == .goaway })
      } else {
        peer.send(.headers(1, answerHead), .data(1, grpcMessage([5])), .headers(1, answerTrailers(0), endStream: true))
        _ = try await call.value
      }
    }
  }

  @Test func `a server that sends interim responses to all calls and nothing else loses the connection`() async throws {
    var configuration = ChannelConfiguration()
    configuration.connection.floods.frameBurst = 200
    configuration.connection.floods.framesPerSecond = 1
    configuration.connection.floods.framesPerSentFrame = 0
    try await withScript(configuration: configuration) { channel, server async throws in
      let calls = (0..<3).map { _ in Task { try await channel.unary(method(.unary), Bytes(bytes: [1])) } }
      let peer = try await server.accept()
      for _ in 0..<3 { _ = try await peer.next(.headers) }
      for _ in 0..<80 { for id in [1, 3, 5] as [UInt32] { peer.send(.headers(id, [(":status", "102")])) } }
      #expect(try await peer.next(.goaway).number(at: 4) == ErrorCode.enhanceYourCalm.rawValue)
      for call in calls {
        let error = rpcError(await call.result)
        #expect(error.code == .unavailable && error.message.contains("interimResponses"), "\(error)")
      }
    }
  }

  @Test func `C2: an end without a status is UNKNOWN, by data and by trailers`() async throws {
    let byData: [Frame] = [.headers(1, answerHead), .data(1, grpcMessage([3]), endStream: true)]
    #expect(rpcError(try await unary(byData)).code == .unknown)
    #expect(try await stream(byData).1 == .unknown)
    let byTrailers: [Frame] = [.headers(1, answerHead), .headers(1, [("x", "y")], endStream: true)]
    #expect(rpcError(try await unary(byTrailers)).code == .unknown)
  }

  @Test(arguments: [(503, .unavailable), (404, .unimplemented), (500, .unknown)] as [(Int, Status.Code)])
  func `C2: an HTTP error is its status, with and without a body`(http: Int, code: Status.Code) async throws {
    let head = [(":status", String(http)), ("content-type", "text/html")]
    #expect(rpcError(try await unary([.headers(1, head, endStream: true)])).code == code)
    #expect(
      rpcError(try await unary([.headers(1, head), .data(1, Array("<html>".utf8), endStream: true)])).code == code)
    #expect(try await stream([.headers(1, head), .data(1, Array("<html>".utf8), endStream: true)]).1 == code)
  }

  @Test(
    arguments: [
      (0, .internal), (2, .internal), (7, .unavailable), (8, .cancelled), (11, .resourceExhausted),
      (12, .permissionDenied),
    ]
      as [(UInt32, Status.Code)])
  func `C3: a reset has its status, before and after the headers`(reset: UInt32, code: Status.Code) async throws {
    // A call that is refused before the headers is retried: TransparentRetryTests.
    if reset != 7 { #expect(rpcError(try await unary([.reset(1, code: reset)])).code == code) }
    #expect(
      rpcError(try await unary([.headers(1, answerHead), .data(1, grpcMessage([1])), .reset(1, code: reset)])).code
        == code)
    #expect(
      try await stream([.headers(1, answerHead), .data(1, grpcMessage([1]).dropLast() + []), .reset(1, code: reset)]).1
        == code)
  }

  @Test func `C2: a response without trailers delivers its messages first, then UNKNOWN`() async throws {
    let (messages, code) = try await stream(
      [.headers(1, answerHead), .data(1, grpcMessage([1]) + grpcMessage([2]), endStream: true)])
    #expect(messages == [[1], [2]] && code == .unknown)
  }

  @Test func `C2: a unary call that fails after its headers still has the initial metadata`() async throws {
    let answer: [Frame] = [
      .headers(1, answerHead + [("x-early", "1"), ("x-early", "2")]),
      .headers(1, answerTrailers(9, [("x-late", "3")]), endStream: true),
    ]
    let error = rpcError(try await unary(answer))
    #expect(error.code == .failedPrecondition)
    #expect(error.initialMetadata.strings(for: "x-early") == ["1", "2"])
    #expect(error.metadata["x-late"] == "3" && error.metadata["x-early"] == nil)
  }

  @Test func `C9: no response and two responses are UNIMPLEMENTED where one is expected`() async throws {
    let none: [Frame] = [.headers(1, answerHead), .headers(1, answerTrailers(0), endStream: true)]
    #expect(rpcError(try await unary(none)).code == .unimplemented)
    let two: [Frame] = [
      .headers(1, answerHead), .data(1, grpcMessage([1]) + grpcMessage([2])),
      .headers(1, answerTrailers(0), endStream: true),
    ]
    #expect(rpcError(try await unary(two)).code == .unimplemented)
    let onlyOK: [Frame] = [.headers(1, answerHead + answerTrailers(0), endStream: true)]
    #expect(rpcError(try await unary(onlyOK)).code == .unimplemented)
    #expect(try await stream(onlyOK).1 == .ok)
  }

  @Test func `C9: a response over the limit is RESOURCE_EXHAUSTED, and the server gets CANCEL`() async throws {
    try await withScript { channel, server async throws in
      let call = Task {
        try await channel.unary(method(.unary), Bytes(), options: CallOptions(maxReceiveMessageBytes: 3))
      }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      peer.send(.headers(1, answerHead), .data(1, grpcMessage([1, 2, 3, 4])))
      #expect(rpcError(await call.result).code == .resourceExhausted)
      #expect(try await peer.next(.reset).number() == 8)
    }
  }

  @Test func `C9: an unknown encoding, a flag without one and broken data are INTERNAL`() async throws {
    let end = Frame.headers(1, answerTrailers(0), endStream: true)
    #expect(rpcError(try await unary([.headers(1, answerHead + [("grpc-encoding", "br")])])).code == .internal)
    #expect(
      rpcError(try await unary([.headers(1, answerHead), .data(1, grpcMessage([1], flag: 1)), end])).code == .internal)
    #expect(
      rpcError(
        try await unary([
          .headers(1, answerHead + [("grpc-encoding", "gzip")]), .data(1, grpcMessage([1], flag: 1)), end,
        ])
      ).code
        == .internal)
    #expect(
      rpcError(try await unary([.headers(1, answerHead), .data(1, grpcMessage([1], flag: 9)), end])).code == .internal)
  }

  @Test func `a stream that ends inside a message is INTERNAL although its status is OK`() async throws {
    let answer: [Frame] = [
      .headers(1, answerHead), .data(1, [0, 0, 0, 0, 9, 1]), .headers(1, answerTrailers(0), endStream: true),
    ]
    #expect(rpcError(try await unary(answer)).code == .internal)
    #expect(try await stream(answer).1 == .internal)
  }

  @Test func `headers over the limit are RESOURCE_EXHAUSTED, and the connection stays open`() async throws {
    try await withScript { channel, server async throws in
      let call = Task { try await channel.unary(method(.unary), Bytes()) }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      peer.send(Frame.longHeaders(1, answerHead + [("x", String(repeating: "y", count: 20_000))]))
      #expect(rpcError(await call.result).code == .resourceExhausted)
      let next = Task { try await channel.unary(method(.unary), Bytes()) }
      _ = try await peer.next(.headers, on: 3)
      peer.send(.headers(3, answerHead), .data(3, grpcMessage([])), .headers(3, answerTrailers(0), endStream: true))
      _ = try await next.value
    }
  }

  @Test func `violations of HTTP/2 are INTERNAL on a stream, UNAVAILABLE on the connection`()
    async throws
  {
    #expect(rpcError(try await unary([.headers(1, answerHead), .headers(1, answerTrailers(0))])).code == .internal)
    let error = rpcError(try await unary([.data(1, grpcMessage([1]))]))
    #expect(error.code == .unavailable)
    #expect((error.cause as? TransportError)?.cause is HTTP2Error)
  }

  @Test func `an HTTP/1 server is UNAVAILABLE with that reason`() async throws {
    try await withScript { channel, server async throws in
      let call = Task { try await channel.unary(method(.unary), Bytes()) }
      let peer = try await server.acceptSilent()
      peer.send(bytes: Array("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".utf8))
      let error = rpcError(await call.result)
      #expect(error.code == .unavailable)
      #expect(error.cause is TransportError)
    }
  }
}
