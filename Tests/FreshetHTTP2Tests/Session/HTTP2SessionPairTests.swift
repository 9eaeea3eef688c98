// Two sessions wired to each other in memory.
import FreshetHTTP
import NIOCore
import TestSupport
import Testing

@testable import FreshetHTTP2

@Suite struct HTTP2SessionPairTests {
  private let client: Endpoint
  private let server: Endpoint

  init() throws {
    client = try Endpoint(.client)
    server = try Endpoint(.server)
    try exchange(client, server)
  }

  @Test func `both sides learn of the other's settings once`() {
    #expect(client.settingsCount == 1)
    #expect(server.settingsCount == 1)
  }

  @Test func `a request, a response and trailers arrive and close both streams once`() throws {
    let call = try client.request([], .endStream)
    call.output = Array("ping".utf8)
    try exchange(client, server)
    let serving = try #require(server.streams.first)
    #expect(serving.id == call.id)
    #expect(serving.received == Array("ping".utf8))
    #expect(serving.events.last == .endStream)
    serving.output = Array("pong".utf8)
    serving.end = .trailers(["grpc-status": "0"])
    try server.session.submitResponse(serving, [":status": "200"], endStream: false)
    try exchange(client, server)
    #expect(
      call.events == [
        .headers([":status: 200"], isTruncated: false, endStream: false), .data(Array("pong".utf8)),
        .headers(["grpc-status: 0"], isTruncated: false, endStream: true), .endStream, .close(.ended),
      ])
    #expect(serving.closes == [.ended])
  }

  @Test func `one stream transfers more than its window if its bytes are returned`() throws {
    let call = try client.request([], .endStream)
    call.output = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let sent = call.output
    for _ in 0..<1_000 {
      try exchange(client, server)
      let serving = try #require(server.streams.first)
      if serving.events.last == .endStream { break }
      #expect(serving.unreadBytes > 0)
      server.session.giveBack(serving.unreadBytes, to: serving)
    }
    #expect(server.streams.first?.received == sent)
    #expect(server.streams.first?.events.last == .endStream)
  }

  @Test func `an unread stream does not stall another`() throws {
    let stuck = try client.request([], .endStream)
    stuck.output = Array(repeating: 1, count: 1_000_000)
    let flowing = try client.request([], .endStream)
    flowing.output = Array(repeating: 2, count: 20_000)
    try exchange(client, server)
    #expect(stuck.output.count == 1_000_000 - 65_535)
    #expect(server.streams[1].received.count == 20_000)
  }

  @Test func `the connection's window is returned on arrival, whatever the streams do`() throws {
    for _ in 0..<40 {  // 2.4 MB, of which the connection's window has 65,535
      let call = try client.request()
      call.output = Array(repeating: 1, count: 60_000)
      try exchange(client, server)
      #expect(call.output.isEmpty)
      client.session.reset(call, .cancel)
      try exchange(client, server)
    }
  }

  @Test func `a client's reset is reported to the server with its code, and to itself as its own`() throws {
    let call = try client.request()
    try exchange(client, server)
    client.session.reset(call, .cancel)
    #expect(call.closes == [])
    try exchange(client, server)
    #expect(call.closes == [.resetByUs(.cancel)])
    #expect(server.streams[0].closes == [.resetByPeer(.cancel)])
  }

  @Test func `resets of both sides that cross close each stream once`() throws {
    let call = try client.request()
    try exchange(client, server)
    client.session.reset(call, .cancel)
    server.session.reset(server.streams[0], .refusedStream)
    let forth = try client.output(), back = try server.output()
    try client.receive(back)
    try server.receive(forth)
    try exchange(client, server)
    #expect(call.closes == [.resetByUs(.cancel)])
    #expect(server.streams[0].closes == [.resetByUs(.refusedStream)])
  }

  @Test func `a request reset before it was sent never reaches the server`() throws {
    let call = try client.request()
    client.session.reset(call, .cancel)
    try exchange(client, server)
    #expect(server.streams.isEmpty)
    #expect(call.closes == [.resetByUs(.cancel)])
  }

  @Test func `a stream is closed once even if its peer ends it twice`() throws {
    let call = try client.request([], .endStream)
    try exchange(client, server)
    let serving = server.streams[0]
    try server.session.submitResponse(serving, [":status": "200", "grpc-status": "0"], endStream: true)
    server.session.reset(serving, .cancel)
    try exchange(client, server)
    #expect(call.closes.count == 1)
    #expect(serving.closes.count == 1)
  }

  @Test func `C14: requests beyond the peer's limit of streams are queued`() throws {
    var settings = HTTP2Settings()
    settings.maxConcurrentStreams = 2
    let server = try Endpoint(.server, settings)
    let client = try Endpoint(.client)
    try exchange(client, server)
    let calls = try (0..<10).map { _ in try client.request([], .endStream) }
    var served = 0
    for _ in 0..<10 {
      try exchange(client, server)
      let waiting = server.streams.filter { $0.closes.isEmpty }
      #expect(waiting.count <= 2)
      for stream in waiting {
        try server.session.submitResponse(stream, [":status": "200", "grpc-status": "0"], endStream: true)
        served += 1
      }
    }
    #expect(served == 10)
    #expect(calls.allSatisfy { $0.closes == [.ended] })
  }

  @Test func `a queued request that is reset ends even if no stream becomes free`() throws {
    var settings = HTTP2Settings()
    settings.maxConcurrentStreams = 1
    let server = try Endpoint(.server, settings)
    let client = try Endpoint(.client)
    try exchange(client, server)
    _ = try client.request()
    let queued = try client.request()
    try exchange(client, server)
    client.session.reset(queued, .cancel)
    try exchange(client, server)
    #expect(queued.closes == [.resetByUs(.cancel)])
  }

  @Test func `after GOAWAY running streams complete and the session ends with the last`() throws {
    let call = try client.request([], .endStream)
    try exchange(client, server)
    server.session.submitGoaway(.noError)
    try exchange(client, server)
    #expect(client.goaways == ["1 NO_ERROR "])
    #expect(!server.session.isFinished)
    try server.session.submitResponse(server.streams[0], [":status": "200", "grpc-status": "0"], endStream: true)
    try exchange(client, server)
    #expect(call.closes == [.ended])
    #expect(server.session.isFinished)
  }

  @Test func `a request after GOAWAY is refused with an error, not dropped`() throws {
    server.session.submitGoaway(.noError)
    try exchange(client, server)
    do {
      let late = try client.request()
      try exchange(client, server)
      #expect(late.closes == [.unsent])
    } catch let error as HTTP2Error {
      #expect(error.kind == .refused)
    }
    #expect(server.streams.isEmpty)
  }

  @Test func `terminate ends the session with its code even while streams run`() throws {
    _ = try client.request()
    try exchange(client, server)
    server.session.terminate(.enhanceYourCalm)
    _ = try server.frames()
    #expect(server.session.isFinished)
    #expect(server.session.peerViolation == nil)
  }

  @Test func `a PING comes back with its payload`() throws {
    client.session.sendPing(0x0102_0304_0506_0708)
    try exchange(client, server)
    #expect(client.pingAcks == [0x0102_0304_0506_0708])
    #expect(server.pingAcks == [])
  }

  @Test func `any split of the bytes gives the same events`() throws {
    let call = try client.request([("x", "y")], .endStream)
    call.output = Array(repeating: 7, count: 300)
    let bytes = try client.output()
    for byte in bytes { try server.receive([byte]) }
    #expect(server.streams[0].received == Array(repeating: 7, count: 300))
    #expect(server.streams[0].events.last == .endStream)
  }

  @Test func `neither session is retained by its delegate's streams`() throws {
    weak var session: HTTP2Session?
    weak var stream: RecordingStream?
    do {
      let client = try Endpoint(.client)
      let call = try client.request()
      session = client.session
      stream = call
    }
    #expect(session == nil)
    #expect(stream == nil)
  }

  @Test func `settings that HTTP/2 forbids are refused when the session is made`() {
    var settings = HTTP2Settings()
    settings.maxFrameBytes = 100
    #expect(throws: HTTP2Error.self) { try Endpoint(.server, settings) }
    settings = HTTP2Settings()
    settings.streamWindowBytes = 1 << 31
    #expect(throws: HTTP2Error.self) { try Endpoint(.server, settings) }
  }
}
