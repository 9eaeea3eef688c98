// A connection's life with hand-written frames and a manual clock.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import FreshetTransport

@Suite struct ConnectionTests {
  private func isKind(_ error: TransportError?, _ matches: (TransportError.Kind) -> Bool) -> Bool {
    error.map { matches($0.kind) } ?? false
  }

  @Test func `a server sends SETTINGS at once and is ready at the client's, once`() throws {
    let end = try EmbeddedEnd(.server)
    #expect(end.frames().first?.kind == .settings)
    #expect(end.owner.events == ["opened"])
    end.receive(bytes: Frame.preface)
    #expect(end.owner.events == ["opened"])
    end.receive(.settings())
    end.receive(.settings([(4, 1_000)]))
    #expect(end.owner.events == ["opened", "ready"])
  }

  @Test func `a silent client is closed by the handshake's timer, which names its setting`() throws {
    var configuration = ConnectionConfiguration()
    configuration.handshakeTimeout = .seconds(7)
    let end = try EmbeddedEnd(.server, configuration)
    end.advance(.milliseconds(6_999))
    #expect(end.owner.closeError == nil)
    end.advance(.milliseconds(1))
    #expect(isKind(end.owner.closeError) { if case .handshakeTimeout = $0 { true } else { false } })
    #expect(end.owner.closeError?.message.contains("handshakeTimeout") == true)
    #expect(!end.channel.isActive)
  }

  @Test func `a ready connection has no timer`() throws {
    let end = try EmbeddedEnd.readyServer()
    end.advance(.hours(1))
    #expect(end.owner.events == ["opened", "ready"])
    #expect(end.channel.isActive)
  }

  @Test func `an HTTP/1 request is reported as such, once, and the socket closed`() throws {
    let end = try EmbeddedEnd(.server)
    end.receive(bytes: Array("GET / HTTP/1.1\r\n\r\n".utf8))
    #expect(end.owner.events.count == 2)
    #expect(end.owner.events.last?.hasPrefix("going away: ") == true)
    end.advance(.seconds(1))  // the peer does not close its side
    #expect(end.owner.events.last == "closed")
    #expect(isKind(end.owner.closeError) { if case .http2 = $0 { true } else { false } })
    #expect(end.owner.closeError?.message.contains("HTTP/1") == true)
    #expect(!end.channel.isActive)
  }

  @Test func `a violation is answered with GOAWAY, streams end as lost, and the socket closes after the linger time`()
    throws
  {
    let end = try EmbeddedEnd.readyServer()
    end.receive(.headers(1, grpcRequest("/s/m")))
    let call = end.owner.calls[0]
    end.receive(.reset(99, code: 1))
    #expect(end.frames().last?.kind == .goaway)
    #expect(call.closes == [.connectionLost])
    #expect(call.connectionErrors[0] != nil)
    #expect(end.owner.closeError == nil)
    end.receive(.headers(3, grpcRequest("/s/m")), .ping(1))
    #expect(end.frames() == [])
    end.advance(.seconds(1))
    #expect(isKind(end.owner.closeError) { if case .http2 = $0 { true } else { false } })
    #expect(call.closes == [.connectionLost])
  }

  @Test func `the reason is kept when the peer closes its side after ours`() throws {
    let end = try EmbeddedEnd.readyServer()
    end.receive(.reset(99, code: 1))
    #expect(end.frames().last?.kind == .goaway)
    try? end.channel.close().wait()
    end.channel.embeddedEventLoop.run()
    #expect(isKind(end.owner.closeError) { if case .http2 = $0 { true } else { false } })
  }

  @Test func `C6: a request that was not sent when the connection is lost can be sent on another`() throws {
    final class Rewinding: TransportStreamDelegate {
      var closes: [StreamEnd] = []
      let stream: TransportStream
      init(_ stream: TransportStream) { self.stream = stream }
      func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool) {}
      func receiveData() {}
      func receiveEndStream() {}
      func refuseMessage(_ error: RPCError) {}
      func receiveClose(_ end: StreamEnd, connectionError: TransportError?) {
        closes.append(end)
        if closes.count == 1 { #expect(stream.rewind()) }
      }
    }
    let (first, second) = (try EmbeddedEnd.readyClient(), try EmbeddedEnd.readyClient())
    let stream = TransportStream(
      executor: LoopExecutor.of(first.channel.eventLoop), maxMessageBytes: 1 << 20, canRewind: true)
    let call = Rewinding(stream)
    stream.delegate = call
    var fields = HeaderFields()
    for (name, value) in grpcRequest("/s/m") { fields.append(name, value) }
    try first.owner.connection?.open(stream, fields)
    first.owner.connection?.close(TransportError(.socket, "the socket is broken"))
    #expect(call.closes == [.unsent])

    stream.delegate = call
    try second.owner.connection?.open(stream, fields)
    #expect(second.frames().map(\.kind) == [.headers])
    second.receive(.headers(1, [(":status", "200"), ("grpc-status", "0")], endStream: true), .reset(1, code: 0))
    #expect(call.closes.count == 2)
  }

  @Test func `the peer's close ends every stream as lost, then the connection, each once`() throws {
    let end = try EmbeddedEnd.readyServer()
    end.receive(.headers(1, grpcRequest("/s/m")), .headers(3, grpcRequest("/s/m"), endStream: true))
    let calls = end.owner.calls
    #expect(end.owner.connection?.streamCount == 2)
    let connection = end.owner.connection
    try? end.channel.close().wait()
    end.channel.embeddedEventLoop.run()
    #expect(calls.map(\.closes) == [[.connectionLost], [.connectionLost]])
    #expect(end.owner.events == ["opened", "ready", "closed"])
    #expect(connection?.streamCount == 0)
  }

  @Test func `nothing is retained at the end`() throws {
    weak var connection: TransportConnection?
    weak var stream: TransportStream?
    weak var call: RecordingCall?
    weak var other: TransportStream?
    let end = try EmbeddedEnd.readyServer()
    try {
      end.receive(.headers(1, grpcRequest("/s/m")), .headers(3, grpcRequest("/s/m"), endStream: true))
      connection = end.owner.connection
      call = end.owner.calls[0]
      stream = call?.stream
      other = end.owner.calls[1].stream
      try #require(stream != nil && other != nil)
      other?.sendResponseOnly([":status": "200", "grpc-status": "0"])
      _ = end.frames()
    }()
    #expect(connection?.streamCount == 1)
    #expect(connection != nil)
    try? end.channel.close().wait()
    end.channel.embeddedEventLoop.run()
    end.owner.accepted.removeAll()
    #expect(stream == nil)
    #expect(other == nil)
    #expect(call == nil)
    #expect(connection == nil)
  }

  @Test func `a completed stream is removed from the table and not retained`() throws {
    let end = try EmbeddedEnd.readyClient()
    weak var stream: TransportStream?
    var call: RecordingCall? = try end.open()
    stream = call?.stream
    _ = end.frames()
    #expect(end.owner.connection?.streamCount == 1)
    end.receive(.headers(1, [(":status", "200"), ("grpc-status", "0")], endStream: true), .reset(1, code: 0))
    #expect(end.owner.connection?.streamCount == 0)
    #expect(call?.closes.count == 1)
    call = nil
    #expect(stream == nil)
  }

  @Test func `any order of ends empties the table`() throws {
    let end = try EmbeddedEnd.readyServer()
    var random = SeededRandom(seed: 5)
    for round in 0..<20 {
      let ids = (0..<20).map { UInt32(2 * (round * 20 + $0) + 1) }
      for id in ids { end.receive(.headers(id, grpcRequest("/s/m"))) }
      #expect(end.owner.connection?.streamCount == 20)
      for id in ids.shuffled(using: &random) { end.receive(.reset(id, code: 8)) }
      #expect(end.owner.connection?.streamCount == 0)
    }
    #expect(end.owner.calls.allSatisfy { $0.closes == [.resetByPeer(.cancel)] })
  }

  @Test func `nothing is written to a full socket, and everything once it is writable`() throws {
    let end = try EmbeddedEnd.readyServer()
    end.receive(.headers(1, grpcRequest("/s/m"), endStream: true))
    let stream = try #require(end.owner.calls[0].stream)
    end.channel.isWritable = false
    stream.sendResponseHeaders([":status": "200"])
    try stream.enqueue(ByteBuffer(bytes: grpcMessage([1])))
    stream.finish(trailers: ["grpc-status": "0"])
    #expect(end.frames() == [])
    end.channel.isWritable = true
    end.channel.pipeline.fireChannelWritabilityChanged()
    #expect(end.frames().map(\.kind) == [.headers, .data, .headers])
  }

  @Test func `frames of one turn are one write`() throws {
    let end = try EmbeddedEnd.readyServer()
    end.receive(.headers(1, grpcRequest("/s/m"), endStream: true), .headers(3, grpcRequest("/s/m"), endStream: true))
    for call in end.owner.calls {
      call.stream?.sendResponseHeaders([":status": "200"])
      try call.stream?.enqueue(ByteBuffer(bytes: grpcMessage([1])))
      call.stream?.finish(trailers: ["grpc-status": "0"])
    }
    end.channel.embeddedEventLoop.run()
    var writes = 0
    while try end.channel.readOutbound(as: ByteBuffer.self) != nil { writes += 1 }
    #expect(writes == 1)
  }

  // MARK: Draining

  @Test func `S15: a server's drain is notice, PING, GOAWAY with the last stream, and the end with the last stream`()
    throws
  {
    let end = try EmbeddedEnd.readyServer()
    end.receive(.headers(1, grpcRequest("/s/m"), endStream: true))
    end.owner.connection?.drainAndClose()
    var frames = end.frames()
    // In this order: the PING's answer must prove that the peer has read the notice.
    try #require(frames.map(\.kind).suffix(2) == [.goaway, .ping])
    #expect(frames.first { $0.kind == .goaway }?.number() == 0x7fff_ffff)
    let ping = frames[frames.count - 1]
    end.receive(.headers(3, grpcRequest("/s/m"), endStream: true))  // in flight when the notice arrived
    #expect(end.owner.calls.count == 2)
    end.receive(Frame(.ping, flags: Frame.ack, payload: ping.payload))
    frames = end.frames()
    #expect(frames.map(\.kind) == [.goaway])
    #expect(frames[0].number() == 3)
    end.receive(.headers(5, grpcRequest("/s/m"), endStream: true))
    #expect(end.owner.calls.count == 2)
    for call in end.owner.calls { call.stream?.sendResponseOnly([":status": "200", "grpc-status": "0"]) }
    #expect(end.frames().filter { $0.kind == .headers }.count == 2)
    #expect(end.owner.connection?.streamCount == 0)
    #expect(end.owner.closeError == nil)
    end.advance(.seconds(1))
    #expect(end.owner.events.last == "closed")
    #expect(isKind(end.owner.closeError) { if case .closedByUs = $0 { true } else { false } })
  }

  @Test func `a connection that is not ready yet is closed at once by its drain`() throws {
    for role in [HTTP2Session.Role.server, .client] {
      let end = try EmbeddedEnd(role)
      end.owner.connection?.drainAndClose()
      #expect(end.owner.events == ["opened", "closed"])
      #expect(!end.channel.isActive)
      _ = end.frames()  // lets the loop remove the pipeline
    }
  }

  @Test func `a client's drain sends GOAWAY and closes with its last stream`() throws {
    let end = try EmbeddedEnd.readyClient()
    let call = try end.open()
    call.stream?.finish()
    _ = end.frames()
    end.owner.connection?.drainAndClose()
    end.owner.connection?.drainAndClose()
    #expect(end.frames().map(\.kind) == [.goaway])
    end.receive(.headers(1, [(":status", "200"), ("grpc-status", "0")], endStream: true))
    #expect(call.closes == [.ended])
    end.advance(.seconds(1))
    #expect(end.owner.events.last == "closed")
  }

  @Test func `an idle connection's drain closes it without waiting for a stream`() throws {
    let end = try EmbeddedEnd.readyClient()
    end.owner.connection?.drainAndClose()
    _ = end.frames()
    end.advance(.seconds(1))
    #expect(end.owner.events.last == "closed")
  }

  @Test func `closeSoon sends pending responses before the end`() throws {
    let end = try EmbeddedEnd.readyServer()
    end.receive(.headers(1, grpcRequest("/s/m")), .headers(3, grpcRequest("/s/m")))
    let calls = end.owner.calls
    calls[0].stream?.sendResponseOnly([":status": "200", "grpc-status": "14"])
    end.owner.connection?.closeSoon()
    let frames = end.frames()
    #expect(frames.map(\.kind) == [.headers, .reset, .goaway])
    #expect(calls[0].closes == [.ended])
    #expect(calls[1].closes == [.connectionLost])
    end.advance(.seconds(1))
    #expect(end.owner.events.last == "closed")
  }

  @Test func `the server's GOAWAY is reported and ends the streams above it`() throws {
    let end = try EmbeddedEnd.readyClient()
    let calls = [try end.open(), try end.open()]
    _ = end.frames()
    end.receive(.goaway(last: 1, code: 11, debug: "too_many_pings"))
    #expect(end.owner.events.last?.contains("too_many_pings") == true)
    #expect(end.owner.events.last?.contains("ENHANCE_YOUR_CALM") == true)
    #expect(calls.map(\.closes) == [[], [.unprocessed]])
    #expect(end.owner.connection?.streamCount == 1)
  }

  @Test func `GOAWAY ends queued requests, while the running one continues`() throws {
    let end = try EmbeddedEnd(.client)
    _ = end.frames()
    end.receive(.settings([(3, 1)]), .settingsAck)
    let calls = [try end.open(), try end.open(), try end.open()]
    #expect(end.frames().filter { $0.kind == .headers }.count == 1)
    end.receive(.goaway(last: 1))
    #expect(end.frames() == [])
    #expect(calls.map(\.closes) == [[], [.leftOver], [.leftOver]])
    #expect(end.owner.connection?.streamCount == 1)
    end.receive(.headers(1, [(":status", "200"), ("grpc-status", "0")], endStream: true), .reset(1, code: 0))
    #expect(end.owner.connection?.streamCount == 0)
    #expect(calls.allSatisfy { $0.closes.count == 1 })
  }

  @Test func `a queued request that is cancelled is released at once`() throws {
    let end = try EmbeddedEnd(.client)
    _ = end.frames()
    end.receive(.settings([(3, 1)]), .settingsAck)
    _ = try end.open()
    weak var stream: TransportStream?
    try {
      let waiting = try end.open()
      stream = waiting.stream
      _ = end.frames()
      waiting.stream?.reset(.cancel, error: RPCError(code: .cancelled, message: "given up"))
      #expect(end.frames() == [])
      #expect(waiting.closes == [.resetByUs(.cancel)])
    }()
    #expect(stream == nil)
    #expect(end.owner.connection?.streamCount == 1)
    end.receive(.headers(1, [(":status", "200"), ("grpc-status", "0")], endStream: true), .reset(1, code: 0))
    #expect(end.frames().filter { $0.kind == .headers } == [])
    #expect(end.owner.connection?.streamCount == 0)
  }

  @Test func `a stream cannot be opened on a closed connection, and is not in its table`() throws {
    let end = try EmbeddedEnd.readyClient()
    let connection = try #require(end.owner.connection)
    try? end.channel.close().wait()
    end.channel.embeddedEventLoop.run()
    let stream = TransportStream(executor: connection.executor, maxMessageBytes: 1)
    #expect(throws: TransportError.self) { try connection.open(stream, [":method": "POST"]) }
    #expect(connection.streamCount == 0)
  }

  // MARK: Aborting

  @Test(arguments: [true, false])
  func `S4: abort sends trailers although the window is closed, and later sends throw its error`(hasEnded: Bool) throws
  {
    let end = try EmbeddedEnd.readyServer()
    end.receive(.settings([(4, 10)]), .headers(1, grpcRequest("/s/m"), endStream: hasEnded))
    let stream = try #require(end.owner.calls[0].stream)
    stream.sendResponseHeaders([":status": "200"])
    try stream.enqueue(ByteBuffer(bytes: grpcMessage(Array(repeating: 1, count: 100))))
    _ = end.frames()
    let error = RPCError(code: .deadlineExceeded, message: "late")
    stream.abort(trailers: ["grpc-status": "4"], error: error)
    stream.fail(RPCError(code: .cancelled, message: "as the server's call does next"))
    let frames = end.frames()
    #expect(frames.first?["grpc-status"] == "4")
    #expect(frames.map(\.kind) == (hasEnded ? [.headers] : [.headers, .reset]))
    let thrown = #expect(throws: RPCError.self) { try stream.enqueue(ByteBuffer(bytes: [1])) }
    #expect(thrown?.code == .deadlineExceeded)
    #expect(end.owner.connection?.streamCount == 0)
  }

  @Test func `trailers are sent at once after data that exactly uses up the window`() throws {
    let end = try EmbeddedEnd.readyServer()
    end.receive(.settings([(4, 10)]), .headers(1, grpcRequest("/s/m"), endStream: true))
    let stream = try #require(end.owner.calls[0].stream)
    stream.sendResponseHeaders([":status": "200"])
    try stream.enqueue(ByteBuffer(bytes: grpcMessage([1, 2, 3, 4, 5])))
    _ = end.frames()
    stream.finish(trailers: ["grpc-status": "0"])
    #expect(end.frames().last?["grpc-status"] == "0")
    #expect(throws: RPCError.self) { try stream.enqueue(ByteBuffer(bytes: [1])) }
  }

  @Test func `a message after the end of the stream is refused with INTERNAL`() throws {
    let end = try EmbeddedEnd.readyServer()
    end.receive(.headers(1, grpcRequest("/s/m"), endStream: true))
    let stream = try #require(end.owner.calls[0].stream)
    stream.sendResponseHeaders([":status": "200"])
    try stream.enqueue(ByteBuffer(bytes: grpcMessage([1])))
    stream.finish(trailers: ["grpc-status": "0"])
    let thrown = #expect(throws: RPCError.self) { try stream.enqueue(ByteBuffer(bytes: [1])) }
    #expect(thrown?.code == .internal)
    #expect(end.frames().map(\.kind) == [.headers, .data, .headers])
  }

  @Test func `C5: a client that gets the status early resets its side`() throws {
    let end = try EmbeddedEnd.readyClient()
    let call = try end.open()
    let stream = try #require(call.stream)
    _ = end.frames()
    end.receive(.headers(1, [(":status", "200"), ("grpc-status", "0")], endStream: true))
    stream.stopSending()
    stream.stopSending()
    #expect(end.frames() == [.reset(1, code: 0)])
    #expect(call.closes.count == 1)
    #expect(end.owner.connection?.streamCount == 0)
  }
}
