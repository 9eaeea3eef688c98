// Frames of closed streams (RFC 9113 §5.1): an error after the peer's own end, tolerated and counted after ours.
import FreshetHTTP
import NIOCore
import TestSupport
import Testing

@testable import FreshetHTTP2

@Suite struct LateFramesTests {
  private let server: Endpoint

  init() throws { server = try Endpoint.readyServer() }

  private static let trailers = Frame.headers(1, [("x", "y")], endStream: true)
  private static let data = Frame.data(1, [1, 2, 3])

  /// How a stream has ended.
  enum Ending: CaseIterable {
    /// Both sides have sent END_STREAM.
    case ended
    case resetByPeer, resetByUs
    /// RST_STREAM is pending.
    case beingReset
    /// We have answered before the client's END_STREAM (S12).
    case answeredEarly
    /// We have reset it, and the peer has also reset or ended it.
    case resetByBoth, resetThenEnded
    /// A client continued with stream 3.
    case passedOver
  }

  /// Ends stream 1.
  private func end(_ ending: Ending) throws {
    if ending == .passedOver {
      try server.receive(.headers(3, grpcRequest("/s/m"), endStream: true))
      _ = try server.frames()
      return
    }
    try server.receive(.headers(1, grpcRequest("/s/m"), endStream: ending == .ended))
    let stream = server.streams[0]
    switch ending {
    case .ended, .answeredEarly:
      try server.session.submitResponse(stream, [":status": "200", "grpc-status": "0"], endStream: true)
    case .resetByPeer: try server.receive(.reset(1, code: 8))
    case .resetByUs, .beingReset, .resetByBoth, .resetThenEnded: server.session.reset(stream, .cancel)
    case .passedOver: break
    }
    if ending != .beingReset { _ = try server.frames() }
    if ending == .resetByBoth { try server.receive(.reset(1, code: 8)) }
    if ending == .resetThenEnded { try server.receive(.data(1, [], endStream: true)) }
  }

  /// The outcome of a frame: `nothing`, `reset CODE` or `goaway CODE`.
  private func outcome(_ bytes: [UInt8]) throws -> String {
    do throws(HTTP2Error) { try server.receive(bytes) } catch { #expect(!error.message.isEmpty) }
    let frames = try server.frames()
    if let goaway = frames.first(where: { $0.kind == .goaway }) {
      #expect(server.session.peerViolation != nil && server.session.isFinished)
      return "goaway \(ErrorCode(rawValue: goaway.number(at: 4)))"
    }
    let resets = frames.filter { $0.kind == .reset && $0.number() != ErrorCode.cancel.rawValue }
    return resets.first.map { "reset \(ErrorCode(rawValue: $0.number()))" } ?? "nothing"
  }

  private static func expected(_ ending: Ending, isHeaders: Bool) -> String {
    switch ending {
    case .ended, .resetThenEnded: "goaway STREAM_CLOSED"
    case .resetByPeer, .resetByBoth: "reset STREAM_CLOSED"
    case .resetByUs, .beingReset, .answeredEarly: "nothing"
    case .passedOver: isHeaders ? "goaway PROTOCOL_ERROR" : "goaway STREAM_CLOSED"
    }
  }

  @Test(arguments: Ending.allCases, [true, false])
  func `HEADERS and DATA of a closed stream are handled by RFC 9113 §5.1, and HPACK continues`(
    _ ending: Ending, _ isHeaders: Bool
  ) throws {
    try end(ending)
    let frame = isHeaders ? Self.trailers : Self.data
    let expected = Self.expected(ending, isHeaders: isHeaders)
    let before = server.session.burdens[.lateFrames]
    #expect(try outcome(frame.bytes) == expected)
    if expected.hasPrefix("goaway") { return }
    try server.receive(.headers(5, grpcRequest("/s/m"), endStream: true))
    #expect(server.streams.last?.events.count == 2)
    #expect(server.session.burdens[.lateFrames] == before + 1)
  }

  @Test(arguments: Ending.allCases)
  func `WINDOW_UPDATE, RST_STREAM and PRIORITY of a closed stream are no error`(_ ending: Ending) throws {
    try end(ending)
    let priority = Frame(.priority, streamID: 1, payload: [0, 0, 0, 0, 16])
    #expect(try outcome(priority.bytes + Frame.windowUpdate(1, 5).bytes + Frame.reset(1, code: 8).bytes) == "nothing")
    #expect(server.session.burdens[.lateFrames] == (ending == .resetThenEnded ? 1 : 0))
  }

  @Test(arguments: [true, false])
  func `the outcome is independent of how bytes are split, and of other frames in the same read`(_ isHeaders: Bool)
    throws
  {
    let frames: [Frame] = [
      .headers(1, grpcRequest("/s/m")), .data(1, [1]), .reset(1, code: 8), isHeaders ? Self.trailers : Self.data,
      .ping(1),
    ]
    let bytes = frames.flatMap(\.bytes)
    for cut in 0...bytes.count {
      let server = try Endpoint.readyServer()
      try server.receive(Array(bytes[..<cut]))
      try server.receive(Array(bytes[cut...]))
      let resets = try server.frames().filter { $0.kind == .reset }
      #expect(resets == [.reset(1, code: ErrorCode.streamClosed.rawValue)], "cut at \(cut)")
    }
    let server = try Endpoint.readyServer()
    for byte in bytes { try server.receive([byte]) }
    #expect(try server.frames().contains(.reset(1, code: ErrorCode.streamClosed.rawValue)))
  }

  @Test func `DATA before the end in the same read is not late`() throws {
    try server.receive(.headers(1, grpcRequest("/s/m")), .headers(3, grpcRequest("/s/m")))
    server.session.reset(server.streams[1], .cancel)
    _ = try server.frames()
    try server.receive(.data(1, [1]), .data(3, [1]), .data(1, [2]), .data(3, [2]), .reset(1, code: 8), .data(3, [3]))
    #expect(server.streams[0].received == [1, 2])
    #expect(server.session.burdens[.lateFrames] == 3)
    #expect(try server.frames() == [])
  }

  @Test func `padded HEADERS that are split after their header are handled when complete`() throws {
    let block = Frame.block(grpcRequest("/s/m"))
    let padded = Frame(.headers, flags: Frame.endHeaders | Frame.padded, streamID: 1, payload: [2] + block + [0, 0])
    try server.receive(Array(padded.bytes[..<9]))
    try server.receive(Array(padded.bytes[9...]))
    let trailers = Frame(
      .headers, flags: Frame.endHeaders | Frame.endStream | Frame.padded, streamID: 1,
      payload: [1] + Frame.block([("x", "y")]) + [0])
    try server.receive(Array(trailers.bytes[..<9]))
    try server.receive(Array(trailers.bytes[9...]) + Frame.ping(1).bytes)
    #expect(server.streams.count == 1 && server.streams[0].events.last == .endStream)
    #expect(server.session.burdens[.lateFrames] == 0)
  }

  @Test func `§5.1.1: a client may not use skipped identifiers, as far back as they are remembered`()
    throws
  {
    for index in 1...20 as ClosedRange<UInt32> {
      try server.receive(.headers(10 * index + 1, grpcRequest("/s/m"), endStream: true))
    }
    _ = try server.frames()
    #expect(server.session.state.skippedStreams.count == HTTP2Session.maxSkippedRanges)
    #expect(try outcome(Frame.headers(199, grpcRequest("/s/m")).bytes) == "goaway PROTOCOL_ERROR")
  }

  // MARK: Races that HTTP/2 allows

  @Test func `DATA within the window of a stream that this side reset is free, and each frame beyond it costs one`()
    throws
  {
    var limits = FloodLimits()
    limits.frameBurst = 100
    let server = try Endpoint.readyServer(settings { $0.streamWindowBytes = 20_000 }, limits)
    try server.receive(.headers(1, grpcRequest("/s/m")), .data(1, [UInt8](repeating: 1, count: 10_000)))
    server.session.reset(server.streams[0], .cancel)
    _ = try server.frames()
    for _ in 0..<10_000 { try server.receive(.data(1, [1])) }
    #expect(server.burdens == [])
    var borne = 0
    while borne < 1_000, (try? server.receive(.data(1, [1]))) != nil { borne += 1 }
    #expect(borne == 90)  // the handshake's SETTINGS
    #expect(try server.frames().last?.number(at: 4) == ErrorCode.enhanceYourCalm.rawValue)
    #expect(server.session.burdens[.lateFrames] == 10_000 + 91)
  }

  @Test func `empty DATA of a stream that this side has reset costs one each`() throws {
    try end(.resetByUs)
    var borne = 0
    while borne < 20_000, (try? server.receive(.data(1, []))) != nil { borne += 1 }
    #expect(borne == 9_990)
  }

  @Test func `DATA of a refused stream, also in the same read, and after our GOAWAY is no error`() throws {
    let full = try Endpoint(.server, settings { $0.maxConcurrentStreams = 1 })
    _ = try full.frames()
    try full.receive(Frame.preface + Frame.settings().bytes)
    try full.receive(.headers(1, grpcRequest("/s/m")), .headers(3, grpcRequest("/s/m")), .data(3, [1]))
    _ = try full.frames()
    try full.receive(.data(3, [1], endStream: true))
    #expect(try !full.frames().contains { $0.kind == .goaway })

    try server.receive(.headers(1, grpcRequest("/s/m")))
    server.session.submitGoaway(.noError)
    _ = try server.frames()
    for id in [3, 5] as [UInt32] { try server.receive(.headers(id, grpcRequest("/s/m")), .data(id, [1])) }
    try server.receive(.data(3, [2]), .data(5, [2], endStream: true))
    #expect(try server.frames() == [])
    #expect(server.session.burdens[.lateFrames] == 6)
  }

  @Test func `a stream reset long ago is not mistaken for one that its client has ended`() throws {
    for index in 0..<1_000 as Range<UInt32> {
      server.now = server.now + .milliseconds(10)
      try server.receive(.headers(2 * index + 1, grpcRequest("/s/m")))
      server.session.reset(server.streams[Int(index)], .cancel)
      _ = try server.frames()
    }
    try server.receive(Self.data, .data(1_999, [1]))
    #expect(try server.frames() == [])
  }

  @Test(arguments: 0..<100)
  func `well-behaved peers never break a rule, whatever crosses on the wire`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let client = try Endpoint(.client), server = try Endpoint(.server)
    try exchange(client, server)
    var forth: [UInt8] = [], back: [UInt8] = []
    var answered: Set<Int32> = []
    for _ in 0..<400 {
      switch Int.random(in: 0..<9, using: &random) {
      case 0: _ = try? client.request()
      case 1: client.requests.randomElement(using: &random).map { client.session.reset($0, .cancel) }
      case 2: server.streams.randomElement(using: &random).map { server.session.reset($0, .cancel) }
      case 3, 4:
        guard let call = client.requests.randomElement(using: &random) else { continue }
        call.output += [UInt8](repeating: 1, count: Int.random(in: 0...5, using: &random))
        if Int.random(in: 0..<4, using: &random) == 0 { call.end = .endStream }
        client.session.resumeOutput(call)
      case 5:
        guard let call = server.streams.randomElement(using: &random), answered.insert(call.id).inserted else {
          continue
        }
        call.output += [1]
        call.end = .trailers(["grpc-status": "0"])
        try? server.session.submitResponse(call, [":status": "200"], endStream: Bool.random(using: &random))
      case 6:
        forth += try client.output()
        back += try server.output()
      case 7:
        let count = Int.random(in: 0...forth.count, using: &random)
        try server.receive(Array(forth[..<count]))
        forth.removeFirst(count)
      default:
        let count = Int.random(in: 0...back.count, using: &random)
        try client.receive(Array(back[..<count]))
        back.removeFirst(count)
      }
    }
    try server.receive(forth)
    try client.receive(back)
    try exchange(client, server)
    #expect(server.session.peerViolation == nil && client.session.peerViolation == nil)
    #expect(server.session.burdens[.brokenStreams] == 0 && client.session.burdens[.brokenStreams] == 0)
  }

  // MARK: Floods

  @Test func `HEADERS of streams that this side has reset are bounded, the longer ones sooner`() throws {
    for (count, expected) in [(1, 9_990), (2_560, 9_990 / 13)] {
      let server = try Endpoint.readyServer()
      try server.receive(.headers(1, grpcRequest("/s/m")))
      server.session.reset(server.streams[0], .cancel)
      _ = try server.frames()
      let late = Frame(.headers, flags: Frame.endHeaders, streamID: 1, payload: [UInt8](repeating: 0x82, count: count))
      var borne = 0
      while borne < 20_000, (try? server.receive(late)) != nil { borne += 1 }
      #expect(borne == expected)
      #expect(try server.frames().last?.number(at: 4) == ErrorCode.enhanceYourCalm.rawValue)
    }
  }

  @Test func `an ignored block costs, with its CONTINUATION`() throws {
    try end(.resetByUs)
    try server.receive(Frame(.headers, streamID: 1, payload: [UInt8](repeating: 0x82, count: 2_560)))
    for _ in 0..<3 {
      try server.receive(Frame(.continuation, streamID: 1, payload: [UInt8](repeating: 0x82, count: 5_120)))
    }
    try server.receive(Frame(.continuation, flags: Frame.endHeaders, streamID: 1, payload: []))
    #expect(server.session.burdens[.lateFrames] == 1 && server.session.burdens[.continuations] == 4)
    #expect(server.session.state.floods.spentTokens == 10 + 13 + 3 * 33 + 1)
  }

  @Test func `frames after the peer's reset are answered once, and bounded`() throws {
    try end(.resetByPeer)
    var borne = 0, resets = 0
    while borne < 20_000, (try? server.receive(Self.data)) != nil {
      borne += 1
      resets += try server.frames().filter { $0.kind == .reset }.count
    }
    #expect(resets == 1)
    #expect(borne == 10_000 - 10 - 1 - 10 - 1 + 1)  // SETTINGS, the peer's reset, the broken stream
    #expect(server.burdens == [.brokenStreams, .lateFrames])
  }

  // MARK: Clients

  @Test func `a client tolerates frames after its own reset, and none after the server's end`() throws {
    let client = try Endpoint.readyClient()
    let calls = try (0..<3).map { _ in try client.request([], .endStream) }
    _ = try client.frames()
    client.session.reset(calls[0], .cancel)
    _ = try client.frames()
    try client.receive(
      .headers(1, [(":status", "200")]), .data(1, [1]), .headers(1, [("grpc-status", "0")], endStream: true))
    #expect(try client.frames() == [])
    #expect(client.session.burdens[.lateFrames] == 3)
    try client.receive(.reset(3, code: 8), .data(3, [1]))
    #expect(try client.frames() == [.reset(3, code: ErrorCode.streamClosed.rawValue)])
    try client.receive(.headers(5, [(":status", "200"), ("grpc-status", "0")], endStream: true))
    #expect(calls[2].closes == [.ended])
    #expect(throws: HTTP2Error.self) { try client.receive(.data(5, [1])) }
    #expect(try client.frames().last?.number(at: 4) == ErrorCode.streamClosed.rawValue)
  }
}
