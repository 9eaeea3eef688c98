// A session whose peer sends frames that cost more than they bring: each kind is counted and bounded.
import FreshetHTTP
import NIOCore
import TestSupport
import Testing

@testable import FreshetHTTP2

@Suite struct FloodTests {
  /// Sends the same frames repeatedly, reads all replies, and stops at the session's end.
  /// - Returns: the number of successful rounds, the error, and the GOAWAY.
  private func flood(
    _ server: Endpoint, rounds: Int = 20_000, _ frames: (Int) -> [Frame]
  ) throws -> (rounds: Int, error: HTTP2Error?, goaway: Frame?) {
    for round in 0..<rounds {
      do throws(HTTP2Error) {
        try server.receive(frames(round).flatMap(\.bytes))
      } catch {
        return (round, error, try server.frames().last { $0.kind == .goaway })
      }
      if let goaway = try server.frames().last(where: { $0.kind == .goaway }) {
        return (round, server.session.peerViolation, goaway)
      }
    }
    return (rounds, nil, nil)
  }

  static let calm: UInt32 = 0xb

  @Test(arguments: [
    (Burden.pings, Frame.ping(1), 10_000), (.pings, .ping(1, isAck: true), 10_000),
    (.settings, .settings([(4, 65_535)]), 1_000), (.emptyData, .data(1, []), 10_000),
    (.emptyData, .data(1, [], padding: 20), 10_000),
    (.priorities, Frame(.priority, streamID: 1, payload: [0, 0, 0, 0, 16]), 10_000),
    (.windowUpdates, .windowUpdate(1, 1), 10_000), (.goaways, .goaway(last: 0), 10_000),
  ])
  func `frames that carry nothing are tolerated up to the burst, then ENHANCE_YOUR_CALM ends the session`(
    _ burden: Burden, _ frame: Frame, _ burst: Int
  ) throws {
    let server = try Endpoint.readyServer()
    try server.receive(.headers(1, grpcRequest("/s/m")))
    let before = server.session.burdens[burden]
    let end = try flood(server) { _ in [frame] }
    #expect(end.rounds == burst - 10 / burden.tokens)  // the handshake's SETTINGS
    #expect(end.error?.kind == .flooded)
    #expect(
      end.error?.message.contains("floods.frameBurst") == true && end.error?.message.contains("\(burden)") == true)
    #expect(end.goaway?.number(at: 4) == Self.calm)
    #expect(server.session.burdens[burden] == before + end.rounds + 1)
    #expect(server.burdens == [burden])
  }

  @Test func `at the pace at which the budget refills such frames are tolerated forever`() throws {
    let server = try Endpoint.readyServer()
    let end = try flood(server, rounds: 30_000) { _ in
      server.now = server.now + .milliseconds(10)
      return [.ping(1)]
    }
    #expect(end.rounds == 30_000 && end.error == nil)
    #expect(server.burdens == [])
  }

  @Test func `a client may answer each frame that it is sent with several`() throws {
    let server = try Endpoint.readyServer()
    try server.receive(.headers(1, grpcRequest("/s/m")))
    let stream = server.streams[0]
    try server.session.submitResponse(stream, [":status": "200"], endStream: false)
    _ = try server.frames()
    let end = try flood(server, rounds: 5_000) { round in
      stream.output += [1]
      server.session.resumeOutput(stream)
      return [.windowUpdate(0, 1), .windowUpdate(1, 1), .ping(UInt64(round))]
    }
    #expect(end.rounds == 5_000 && end.error == nil)
    #expect(server.session.burdens[.windowUpdates] >= 10_000)
  }

  @Test func `CVE-2023-44487: 1,000 resets are tolerated, and more are a flood`() throws {
    let server = try Endpoint.readyServer()
    let end = try flood(server) { round in
      let id = UInt32(2 * round + 1)
      return [.headers(id, grpcRequest("/s/m")), .reset(id, code: 8)]
    }
    // nghttp2's guard has its own clock, in whole seconds, so the budget refills a little meanwhile.
    #expect((1_000..<5_000).contains(end.rounds))
    #expect(end.error?.kind == .flooded)
    #expect(end.error?.message.contains("resets") == true)
    #expect(server.session.burdens[.resets] == end.rounds + 1)
    #expect(end.goaway != nil)
  }

  @Test func `CVE-2023-44487: the configured limit of resets applies`() throws {
    var limits = FloodLimits()
    limits.resetBurst = 5_000
    limits.resetsPerSecond = 1
    let server = try Endpoint.readyServer(HTTP2Settings(), limits)
    let end = try flood(server, rounds: 5_000) { round in
      let id = UInt32(2 * round + 1)
      return [.headers(id, grpcRequest("/s/m")), .reset(id, code: 8)]
    }
    #expect(end.rounds == 5_000 && end.error == nil)
  }

  @Test func `CVE-2025-8671: streams that a client makes this side reset are counted and bounded`() throws {
    let server = try Endpoint.readyServer()
    let end = try flood(server) { round in
      let id = UInt32(2 * round + 1)
      return [.headers(id, grpcRequest("/s/m")), .windowUpdate(id, 0x7fff_ffff)]
    }
    #expect((900...1_000).contains(end.rounds))  // 11 tokens each, of 10,000
    #expect(end.error?.kind == .flooded)
    #expect(server.session.burdens[.brokenStreams] > 900)
    #expect(server.burdens.first == .brokenStreams)
    #expect(end.goaway?.number(at: 4) == Self.calm)
  }

  @Test func `CVE-2025-8671: malformed requests count as broken streams`() throws {
    let server = try Endpoint.readyServer()
    let end = try flood(server) { round in
      [.headers(UInt32(2 * round + 1), grpcRequest("/s/m", [("connection", "close")]))]
    }
    #expect((998...1_001).contains(end.rounds))
    #expect(end.error?.kind == .flooded)
    #expect(end.goaway?.number(at: 4) == Self.calm)
  }

  @Test func `CVE-2024-28182: eight CONTINUATION frames are tolerated, and the ninth is a flood`() throws {
    let part = Frame.block([("x", "y")])
    for count in [8, 9] {
      let server = try Endpoint.readyServer()
      try server.receive(
        Frame(.headers, flags: Frame.endStream, streamID: 1, payload: Frame.block(grpcRequest("/s/m"))))
      let end = try flood(server, rounds: count) { round in
        [Frame(.continuation, flags: round == 7 && count == 8 ? Frame.endHeaders : 0, streamID: 1, payload: part)]
      }
      #expect(end.error?.kind == (count == 9 ? .flooded : nil))
      #expect(server.session.burdens[.continuations] == 8)  // nghttp2 does not report the ninth
      if count == 8 {
        #expect(server.streams[0].events.count == 2)
      } else {
        #expect(end.goaway?.number(at: 4) == Self.calm)
      }
    }
  }

  /// One entry of 4,000 bytes in the table, and references to it of a byte each.
  private func bomb(_ references: Int) -> Frame {
    let value = [UInt8](repeating: 0x61, count: 4_000)
    let literal: [UInt8] = [0x40, 1, 0x78, 0x7f, 0xa1, 0x1e] + value  // indexed, name “x”, 4,000 bytes
    return Frame(
      .headers, flags: Frame.endHeaders | Frame.endStream, streamID: 1,
      payload: Frame.block(grpcRequest("/s/m")) + literal + [UInt8](repeating: 0x80 | 62, count: references))
  }

  @Test func `S9: a header block that decompresses to less than 16 times the limit is truncated and counted`() throws {
    let server = try Endpoint.readyServer()
    try server.receive(bomb(60))
    #expect(server.session.burdens[.largeHeaders] == 1)
    #expect(server.burdens == [.largeHeaders])
    guard case .headers(_, isTruncated: true, endStream: true) = server.streams.first?.events.first else {
      Issue.record("\(server.streams.first?.events.count ?? 0) events")
      return
    }
    #expect(try !server.frames().contains { $0.kind == .goaway })
  }

  @Test func `S9: an HPACK bomb ends its session with ENHANCE_YOUR_CALM`() throws {
    let server = try Endpoint.readyServer()
    let end = try flood(server, rounds: 1) { _ in [bomb(70)] }
    #expect(end.error?.kind == .flooded)
    #expect(end.error?.message.contains("largeHeaders") == true)
    #expect(end.goaway?.number(at: 4) == Self.calm)
    #expect(server.session.burdens[.largeHeaders] == 1)
  }

  @Test func `streams beyond the limit are counted while they are refused, and when they end the session`() throws {
    for isAcknowledged in [false, true] {
      var settings = HTTP2Settings()
      settings.maxConcurrentStreams = 2
      let server = try Endpoint(.server, settings)
      _ = try server.frames()
      try server.receive(Frame.preface + Frame.settings().bytes + (isAcknowledged ? Frame.settingsAck.bytes : []))
      for id in [1, 3, 5] as [UInt32] { try? server.receive(.headers(id, grpcRequest("/s/m"))) }
      #expect(server.session.burdens[.refusedStreams] == 1)
      #expect(server.burdens == [.refusedStreams])
      #expect(try server.frames().last?.kind == (isAcknowledged ? .goaway : .reset))
    }
  }

  @Test func `a stream refused for another reason is not counted as over the limit`() throws {
    let server = try Endpoint.readyServer()
    try? server.receive(.headers(2, grpcRequest("/s/m")))  // an even number is the server's
    #expect(server.session.burdens[.refusedStreams] == 0)
  }

  // MARK: Unfinished header blocks

  @Test func `a header block is open from its first byte to its last`() throws {
    let server = try Endpoint.readyServer()
    let bytes = Frame.longHeaders(1, grpcRequest("/s/m", [("x", String(repeating: "y", count: 20_000))])).flatMap(
      \.bytes)
    #expect(!server.session.isReceivingHeaders)
    for end in [20, 16_000, 16_384 + 9, 16_384 + 12, 16_384 + 9 + 9 + 5, bytes.count - 1] {
      let server = try Endpoint.readyServer()
      try server.receive(Array(bytes[..<end]))
      #expect(server.session.isReceivingHeaders, "after \(end) bytes")
      try server.receive(Array(bytes[end...]))
      #expect(!server.session.isReceivingHeaders)
      #expect(server.session.headerBlockCount == 1)
    }
  }

  @Test func `an invalid header block, or one for a closed stream, is not open`() throws {
    let server = try Endpoint.readyServer()
    try server.receive(.headers(1, grpcRequest("/s/m", [("connection", "close")])))
    #expect(!server.session.isReceivingHeaders)
    try server.receive(.headers(3, grpcRequest("/s/m")))
    server.session.reset(server.streams[1], .cancel)
    _ = try server.frames()
    try server.receive(.headers(3, [("x", "y")], endStream: true))
    #expect(!server.session.isReceivingHeaders)
  }

  @Test func `a block in two frames for a closed stream is not open afterwards`() throws {
    let client = try Endpoint.readyClient()
    let call = try client.request()
    _ = try client.frames()
    client.session.reset(call, .cancel)
    _ = try client.frames()
    let long = [(":status", "200"), ("x", String(repeating: "y", count: 20_000))]
    try client.receive(Frame.longHeaders(1, long, endStream: true).flatMap(\.bytes))
    #expect(!client.session.isReceivingHeaders)
  }

  @Test func `trailers that are cut off by the stream's end are not open`() throws {
    let server = try Endpoint.readyServer()
    try server.receive(.headers(1, grpcRequest("/s/m")))
    let trailers = Frame.headers(1, [("x", "yyyyyyyy")], endStream: true).bytes
    try server.receive(Array(trailers[..<14]))
    #expect(server.session.isReceivingHeaders)
    server.session.reset(server.streams[0], .cancel)
    _ = try server.frames()
    #expect(!server.session.isReceivingHeaders)
  }
}
