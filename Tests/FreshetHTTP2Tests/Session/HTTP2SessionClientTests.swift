// A client's session with hand-written frames.
import FreshetHTTP
import NIOCore
import TestSupport
import Testing

@testable import FreshetHTTP2

@Suite struct HTTP2SessionClientTests {
  private let client: Endpoint

  init() throws { client = try Endpoint.readyClient() }

  @Test func `a client begins with the preface, SETTINGS and no push`() throws {
    let client = try Endpoint(.client)
    let bytes = try client.output()
    #expect(bytes.starts(with: Frame.preface))
    let reader = FrameReader(ofClient: true)
    reader.append(bytes)
    let settings = try #require(reader.next())
    #expect(settings.kind == .settings)
    #expect(
      stride(from: 0, to: settings.payload.count, by: 6).contains {
        settings.payload[$0 + 1] == 2 && settings.number(at: $0 + 2) == 0
      })
  }

  @Test func `the fields of a request keep their order`() throws {
    _ = try client.request([("b", "1"), ("a", "2"), ("b", "3")], .endStream)
    let head = try #require(try client.frames().first)
    #expect(head.fields.map(\.name).suffix(3) == ["b", "a", "b"])
    #expect(head.fields.map(\.value).suffix(3) == ["1", "2", "3"])
  }

  @Test func `streams above the last identifier of a GOAWAY are closed as unprocessed, those below continue`() throws {
    let calls = try (0..<3).map { _ in try client.request() }
    _ = try client.frames()
    try client.receive(.goaway(last: 3, code: 11, debug: "too_many_pings"))
    #expect(client.goaways == ["3 ENHANCE_YOUR_CALM too_many_pings"])
    #expect(calls.map(\.closes) == [[], [], [.unprocessed]])
    try client.receive(.headers(1, [(":status", "200"), ("grpc-status", "0")], endStream: true))
    #expect(calls[0].events.contains(.endStream))
  }

  @Test func `a second GOAWAY with a lower identifier closes more streams`() throws {
    let calls = try (0..<2).map { _ in try client.request() }
    _ = try client.frames()
    try client.receive(.goaway(last: 0x7fff_ffff))
    #expect(calls.map(\.closes) == [[], []])
    try client.receive(.goaway(last: 1))
    #expect(calls.map(\.closes) == [[], [.leftOver]])
  }

  @Test(
    arguments: [
      (1, 0, StreamEnd.leftOver), (0, 0, .unprocessed), (1, 11, .unprocessed), (1, 2, .unprocessed),
    ] as [(UInt32, UInt32, StreamEnd)])
  func `C6: a GOAWAY without an error that has processed another stream leaves this one over`(
    last: UInt32, code: UInt32, end: StreamEnd
  ) throws {
    let calls = try (0..<2).map { _ in try client.request() }
    _ = try client.frames()
    try client.receive(.goaway(last: last, code: code))
    #expect(calls[1].closes == [end])
  }

  @Test(arguments: [(1, StreamEnd.leftOver), (0, .unsent), (0x7fff_ffff, .unsent)] as [(UInt32, StreamEnd)])
  func `C6: it also leaves an unsent request over, but a notice does not`(last: UInt32, end: StreamEnd) throws {
    _ = try client.request()
    _ = try client.frames()
    let call = try client.request()
    try client.receive(.goaway(last: last))
    _ = try client.frames()
    #expect(call.closes == [end])
  }

  @Test func `C6: a GOAWAY that claims to have processed an unsent request is ignored`() throws {
    let call = try client.request()
    try client.receive(.goaway(last: 1))
    client.session.dropQueued(call, client.session.endOfUnsent(call.id))
    _ = try client.frames()
    #expect(call.closes == [.unsent])
  }

  @Test func `dropQueued withdraws a queued request for good, and does not affect a sent one`() throws {
    let client = try Endpoint.readyClient(peer: [(3, 1)])
    let running = try client.request([], .endStream)
    let waiting = try client.request([], .endStream)
    let next = try client.request([], .endStream)
    #expect(try client.frames().filter { $0.kind == .headers }.count == 1)
    for stream in [running, waiting] { client.session.dropQueued(stream, .unprocessed) }
    client.session.reset(waiting, .cancel)
    #expect(try client.frames() == [])
    #expect(running.closes == [])
    #expect(waiting.closes == [.unprocessed])
    try client.receive(.headers(1, [(":status", "200"), ("grpc-status", "0")], endStream: true))
    let heads = try client.frames().filter { $0.kind == .headers }
    #expect(heads.map(\.streamID) == [UInt32(next.id)])
    #expect(waiting.closes == [.unprocessed])
    #expect(waiting.events.count == 1)
  }

  @Test func `a request that was submitted but not sent is unsent after GOAWAY`() throws {
    let call = try client.request()
    try client.receive(.goaway(last: 0))
    _ = try client.frames()
    #expect(call.closes == [.unsent])
  }

  @Test func `REFUSED_STREAM is the peer's reset`() throws {
    let call = try client.request()
    _ = try client.frames()
    try client.receive(.reset(1, code: 7))
    #expect(call.closes == [.resetByPeer(.refusedStream)])
  }

  @Test func `an interim response is reported before the final one`() throws {
    let call = try client.request([], .endStream)
    _ = try client.frames()
    try client.receive(
      .headers(1, [(":status", "103"), ("link", "x")]), .headers(1, [(":status", "200")]),
      .headers(1, [("grpc-status", "0")], endStream: true))
    #expect(call.events.count == 5)
    #expect(call.closes == [.ended])
  }

  @Test func `trailers without END_STREAM reset the stream with PROTOCOL_ERROR`() throws {
    let call = try client.request([], .endStream)
    _ = try client.frames()
    try client.receive(.headers(1, [(":status", "200")]), .headers(1, [("grpc-status", "0")]))
    _ = try client.frames()
    #expect(call.closes == [.resetByUs(.protocolError)])
  }

  @Test func `data before headers ends the connection with PROTOCOL_ERROR`() throws {
    let call = try client.request([], .endStream)
    _ = try client.frames()
    try client.receive(.data(1, [1]))
    #expect(try client.frames().last?.number(at: 4) == ErrorCode.protocolError.rawValue)
    #expect(client.session.isFinished)
    #expect(call.received == [])
  }

  @Test func `a response with a wrong content-length is reset`() throws {
    let call = try client.request([], .endStream)
    _ = try client.frames()
    try client.receive(.headers(1, [(":status", "200"), ("content-length", "5")]), .data(1, [1], endStream: true))
    _ = try client.frames()
    #expect(call.closes.count == 1)
    #expect(call.closes != [.ended])
  }

  @Test func `a pushed stream ends the connection`() throws {
    _ = try client.request()
    _ = try client.frames()
    let block = Frame.block([(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "x")])
    try? client.receive(Frame(.pushPromise, flags: Frame.endHeaders, streamID: 1, payload: [0, 0, 0, 2] + block))
    #expect(try client.frames().last?.kind == .goaway)
  }

  @Test func `frames on streams that the client never opened end the connection, never the process`() throws {
    for frame in [
      Frame.headers(1, [(":status", "200")]), .data(3, [1]), .reset(5, code: 1), .headers(2, [(":status", "200")]),
    ] {
      let client = try Endpoint.readyClient()
      try? client.receive(frame)
      _ = try? client.frames()
    }
  }

  @Test func `the debug data of a GOAWAY is truncated to 256 bytes`() throws {
    try client.receive(.goaway(last: 0, debug: String(repeating: "x", count: 10_000)))
    #expect(client.goaways[0].utf8.count < 300)
  }

  @Test func `a server that answers with HTTP/1 makes an error that doubts its HTTP/2`() throws {
    let client = try Endpoint(.client)
    _ = try client.output()
    var failure: HTTP2Error?
    do throws(HTTP2Error) {
      try client.receive(Array("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".utf8))
    } catch { failure = error }
    _ = try? client.output()
    let error = try #require(failure ?? client.session.peerViolation)
    #expect(error.message.contains("does not support HTTP/2"), "\(error.message)")
  }

  @Test func `RST_STREAM(NO_ERROR) after trailers on a half-closed client is a normal end`() throws {
    let call = try client.request()
    _ = try client.frames()
    try client.receive(.headers(1, [(":status", "200"), ("grpc-status", "0")], endStream: true), .reset(1, code: 0))
    #expect(call.events.contains(.endStream))
    #expect(call.closes.count == 1)
  }

  @Test func `the debug data of a GOAWAY is reported as one printable line`() throws {
    let client = try Endpoint.readyClient()
    try client.receive(.goaway(last: 3, code: 11, debug: "a\r\nerror: forged\u{1b}[2J"))
    #expect(client.goaways == ["3 ENHANCE_YOUR_CALM a\\r\\nerror: forged\\x1b[2J"])
  }
}
