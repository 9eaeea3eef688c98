// Clients whose frames cost the server more than them: each kind has a bound and a counter in the log, and others are
// served meanwhile.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import FreshetStreams
import FreshetTransport
import NIOCore
import TestSupport
import Testing

@testable import FreshetServer

@Suite(.timeLimit(.minutes(2))) struct FloodTests {
  private let echo = BytesService(unary: { request, _ in request })

  /// Reads its requests, and responds when they end.
  private let collector = BytesService(
    unary: { request, _ in request },
    clientStreaming: { requests, _ in
      for try await _ in requests {}
      return ByteBuffer()
    })

  private struct Attack {
    let attacker: FramePeer
    /// A call of a well-behaved client, on a connection of its own.
    let others: () async throws -> Void
    let log: RecordedLog

    /// Waits until the attacker's connection was ended for its behaviour.
    /// - Returns: the log line about it.
    func refusal() async throws -> LogLine { LogLine(try await log.line(containing: "connection given up")) }
  }

  /// A log line with counts in its metadata.
  private struct LogLine: CustomStringConvertible {
    let description: String
    init(_ text: String) { description = text }

    /// Every line names the peer and, except for the first notice, a reason.
    func count(of name: String) -> Int {
      description.split(separator: " ").first { $0.hasPrefix("\(name)=") }.flatMap { Int($0.dropFirst(name.count + 1)) }
        ?? 0
    }
  }

  /// A well-behaved client and a second one that attacks the same server.
  private func attack(
    _ service: BytesService, settings: [(UInt16, UInt32)] = [], attackerReads: Bool = true,
    change: (inout ServerConfiguration) -> Void = { _ in }, _ body: (Attack) async throws -> Void
  ) async throws {
    let log = RecordedLog()
    var configuration = ServerConfiguration()
    configuration.logger = log.logger
    configuration.drainTimeout = .milliseconds(100)
    change(&configuration)
    try await withPeer(service, configuration: configuration) { other, server async throws in
      let (own, socket) = FramePeer.socketPair()
      server.serve(connectedSocket: socket)
      let attacker = try await FramePeer.on(socket: own, peerIsClient: false, reads: attackerReads)
      attacker.send(bytes: Frame.preface + Frame.settings(settings).bytes)
      if attackerReads { _ = try await attacker.frames { $0.kind == .settings && $0.isAck } }
      var id: UInt32 = 1
      let others = {
        let answer = try await other.call("/test.Bytes/Unary", id, [[7]])
        #expect(answer.last?["grpc-status"] == "0")
        id += 2
      }
      do {
        try await body(Attack(attacker: attacker, others: others, log: log))
      } catch {
        attacker.close()
        throw error
      }
      try await others()
      attacker.close()
    }
  }

  @Test func `CVE-2023-44487: rapid resets end their connection, are counted, and stop no other`() async throws {
    // nghttp2 uses the real clock, and a busy machine may take seconds for all this.
    try await attack(echo, change: { $0.connection.floods.resetsPerSecond = 1 }) { attack in
      for index in 0..<3_000 {
        let id = UInt32(2 * index + 1)
        attack.attacker.send(.headers(id, grpcRequest("/test.Bytes/Unary")), .reset(id, code: 8))
        if index.isMultiple(of: 500) { try await attack.others() }
      }
      try await attack.attacker.waitUntilClosed()
      let line = try await attack.refusal()
      #expect(line.description.hasPrefix("warning"))
      #expect(line.count(of: "resets") > 1_000, "\(line)")
      #expect(line.description.contains("floods.resetBurst"), "\(line)")
    }
  }

  @Test func `CVE-2025-8671: resets that a client provokes end its connection, are counted, and stop no other`()
    async throws
  {
    try await attack(collector, change: { $0.connection.floods.resetsPerSecond = 1 }) { attack in
      for index in 0..<3_000 {
        let id = UInt32(2 * index + 1)
        attack.attacker.send(.headers(id, grpcRequest("/test.Bytes/ClientStreaming")), .windowUpdate(id, 0x7fff_ffff))
        if index.isMultiple(of: 100) { try await attack.others() }
      }
      try await attack.attacker.waitUntilClosed()
      let line = try await attack.refusal()
      // Some handlers have begun to respond before they are cancelled, and responses earn frames.
      #expect(line.count(of: "brokenStreams") > 500, "\(line)")
    }
  }

  @Test func `CVE-2024-28182: a flood of CONTINUATION frames ends its connection, is counted, and stops no other`()
    async throws
  {
    try await attack(echo) { attack in
      attack.attacker.send(Frame(.headers, streamID: 1, payload: Frame.block(grpcRequest("/test.Bytes/Unary"))))
      for index in 0..<1_000 {
        attack.attacker.send(Frame(.continuation, streamID: 1, payload: Frame.block([("x", "y")])))
        if index.isMultiple(of: 200) { try await attack.others() }
      }
      let goaway = try await attack.attacker.next(.goaway)
      #expect(goaway.number(at: 4) == 0xb)
      try await attack.attacker.waitUntilClosed()
      let line = try await attack.refusal()
      #expect(line.count(of: "continuations") == 8, "\(line)")
      #expect(line.description.contains("maxContinuations"), "\(line)")
    }
  }

  @Test(arguments: [
    ("CVE-2019-9512", "pings", Frame.ping(7)), ("CVE-2019-9515", "settings", .settings([(4, 65_535)])),
    ("CVE-2019-9518", "emptyData", .data(1, [])), ("CVE-2019-9518", "emptyData", .data(1, [], padding: 3)),
    ("priorities", "priorities", Frame(.priority, streamID: 1, payload: [0, 0, 0, 0, 16])),
    ("window updates", "windowUpdates", .windowUpdate(1, 1)),
  ])
  func `frames that carry nothing are tolerated for a while, then end their connection, are counted, and stop no other`(
    _ name: String, _ counter: String, _ frame: Frame
  ) async throws {
    try await attack(collector) { attack in
      attack.attacker.send(.headers(1, grpcRequest("/test.Bytes/ClientStreaming")))
      var rounds = 0
      while !attack.attacker.isClosed, rounds < 1_000 {
        attack.attacker.send(Array(repeating: frame, count: 50))
        attack.attacker.send(.ping(UInt64(1_000 + rounds)))
        // A peer that reads all replies: nghttp2's own guard is for the others.
        _ = try? await attack.attacker.frames { $0.kind == .ping && $0.isAck && $0.number(at: 4) == 1_000 + rounds }
        if rounds.isMultiple(of: 50) { try await attack.others() }
        rounds += 1
      }
      let line = try await attack.refusal()
      #expect(line.count(of: counter) > (counter == "settings" ? 900 : 9_000), "\(line)")
      #expect(line.description.contains("floods.frameBurst"), "\(line)")
      let strained = attack.log.lines.filter { $0.contains("strains") }.map { LogLine($0) }
      #expect(strained.count == 1 && strained[0].description.hasPrefix("notice"), "\(strained)")
      #expect(strained.first.map { $0.count(of: counter) > 300 } == true, "\(strained)")
    }
  }

  @Test
  func
    `S9: headers over the limit are RESOURCE_EXHAUSTED, are counted, and neither their connection nor another one ends`()
    async throws
  {
    try await attack(echo) { attack in
      for round in 0..<3 as Range<UInt32> {
        let large = [("x", String(repeating: "y", count: 20_000))]
        attack.attacker.send(Frame.longHeaders(2 * round + 1, grpcRequest("/test.Bytes/Unary", large), endStream: true))
        let answer = try await attack.attacker.response(on: 2 * round + 1)
        #expect(answer[0]["grpc-status"] == "8" || answer[0][":status"] == "431", "\(answer)")
        try await attack.others()
      }
      let next = try await attack.attacker.call("/test.Bytes/Unary", 7, [[1]])
      #expect(next.last?["grpc-status"] == "0")
      attack.attacker.close()
      let notice = LogLine(try await attack.log.line(containing: "strains"))
      #expect(notice.count(of: "largeHeaders") == 1)
      let line = LogLine(try await attack.log.line(containing: "connection closed"))
      #expect(line.count(of: "largeHeaders") == 3, "\(line)")
    }
  }

  /// One entry of 4,000 bytes in the table, then references to it of a byte each.
  private static func bomb(_ references: Int) -> Frame {
    let value = [UInt8](repeating: 0x61, count: 4_000)
    let literal: [UInt8] = [0x40, 1, 0x78, 0x7f, 0xa1, 0x1e] + value  // indexed, name “x”, 4,000 bytes
    return Frame(
      .headers, flags: Frame.endHeaders | Frame.endStream, streamID: 1,
      payload: Frame.block(grpcRequest("/test.Bytes/Unary")) + literal
        + [UInt8](repeating: 0x80 | 62, count: references))
  }

  @Test func `S9: a small HPACK bomb is RESOURCE_EXHAUSTED, and no connection ends`()
    async throws
  {
    try await attack(echo) { attack in
      attack.attacker.send(Self.bomb(50))  // 200 KB of headers
      let answer = try await attack.attacker.response(on: 1)
      #expect(answer[0]["grpc-status"] == "8" || answer[0][":status"] == "431", "\(answer)")
      try await attack.others()
      let next = try await attack.attacker.call("/test.Bytes/Unary", 3, [[1]])
      #expect(next.last?["grpc-status"] == "0")
    }
  }

  @Test func `S9: an HPACK bomb of 48 MB ends its connection, is counted, and stops no other`() async throws {
    try await attack(echo) { attack in
      attack.attacker.send(Self.bomb(12_000))
      let goaway = try await attack.attacker.next(.goaway)
      #expect(goaway.number(at: 4) == 0xb)
      try await attack.attacker.waitUntilClosed()
      let line = try await attack.refusal()
      #expect(line.count(of: "largeHeaders") == 1 && line.description.contains("floods.maxHeaderListFactor"), "\(line)")
    }
  }

  @Test func `streams over an acknowledged limit end their connection, are counted, and stop no other`() async throws {
    try await attack(collector) { attack in
      attack.attacker.send(.settingsAck)
      for index in 0..<1_001 {
        attack.attacker.send(.headers(UInt32(2 * index + 1), grpcRequest("/test.Bytes/ClientStreaming")))
      }
      try await attack.attacker.waitUntilClosed()
      let line = try await attack.refusal()
      #expect(line.count(of: "refusedStreams") == 1, "\(line)")
    }
  }

  @Test func `streams over a limit that the client does not acknowledge are refused, counted, and bounded`()
    async throws
  {
    try await attack(collector, change: { $0.connection.http2.maxConcurrentStreams = 10 }) { attack in
      attack.attacker.send(.headers(1, grpcRequest("/test.Bytes/ClientStreaming")))
      for index in 1..<20 {
        attack.attacker.send(.headers(UInt32(2 * index + 1), grpcRequest("/test.Bytes/ClientStreaming")))
      }
      var refused = 0
      while refused < 10 {
        let reset = try await attack.attacker.next(.reset)
        #expect(reset.number() == 7)
        refused += 1
      }
      try await attack.others()
      var index = 20
      while !attack.attacker.isClosed, index < 100_000 {
        let ids = (index..<index + 100).map { UInt32(2 * $0 + 1) }
        attack.attacker.send(ids.map { .headers($0, grpcRequest("/test.Bytes/ClientStreaming")) })
        _ = try? await attack.attacker.roundTrip()
        index += 100
      }
      let line = try await attack.refusal()
      #expect(line.count(of: "refusedStreams") > 9_000, "\(line)")
    }
  }

  @Test func `a header block that is left open ends its connection, is counted, and stops no other`() async throws {
    try await attack(echo, change: { $0.connection.headerTimeout = .seconds(1) }) { attack in
      attack.attacker.send(Frame(.headers, streamID: 1, payload: Frame.block(grpcRequest("/test.Bytes/Unary"))))
      try await attack.others()
      let goaway = try await attack.attacker.next(.goaway)
      #expect(goaway.number(at: 4) == 0xb)
      let line = try await attack.refusal()
      #expect(line.count(of: "openHeaders") == 1 && line.description.contains("headerTimeout"), "\(line)")
    }
  }

  @Test
  func `a client that opens no window gets no responses, is counted, and delays neither others nor the server's end`()
    async throws
  {
    try await attack(echo, settings: [(4, 0)]) { attack in
      for index in 0..<500 {
        let id = UInt32(2 * index + 1)
        attack.attacker.send(
          .headers(id, grpcRequest("/test.Bytes/Unary")), .data(id, grpcMessage([1, 2]), endStream: true))
        if index.isMultiple(of: 100) { try await attack.others() }
      }
      var answered = 0
      while answered < 500 {
        let frame = try await attack.attacker.next()
        #expect(frame.kind != .data)
        if frame.kind == .headers { answered += 1 }
      }
      try await attack.others()
      attack.attacker.close()
      let line = LogLine(try await attack.log.line(containing: "unreadStreams"))
      #expect(line.description.contains("connection closed"), "\(line)")
      #expect(line.count(of: "unreadStreams") == 500, "\(line)")
    }
  }

  @Test
  func `a client that reads nothing stalls its producer, loses its connection, is counted, and stops no other`()
    async throws
  {
    let produced = EventLog<Int>()
    let ended = Signal<Void>()
    let service = BytesService(
      unary: { request, _ in request },
      serverStreaming: { _, _ in
        AsyncGenerator { yield in
          defer { ended.set() }
          for number in 0..<100_000 {
            produced.record(number)
            try await yield(ByteBuffer(repeating: 1, count: 16 * 1024))
          }
        }
      })
    let wide: UInt32 = 0x7fff_ffff
    try await attack(
      service, settings: [(4, wide)], attackerReads: false, change: { $0.connection.writeTimeout = .milliseconds(200) }
    ) {
      attack in
      attack.attacker.send(
        .windowUpdate(0, wide - 65_535), .headers(1, grpcRequest("/test.Bytes/ServerStreaming")),
        .data(1, grpcMessage([1]), endStream: true))
      try await attack.others()
      let line = try await attack.refusal()
      #expect(line.description.contains("writeTimeout"), "\(line)")
      #expect(line.count(of: "fullSockets") > 0, "\(line)")
      try await ended.value()
      // The pair's buffers, 256 KiB and one flush: far from the 1.6 GB that it would like to send.
      #expect(produced.untaken.count < 1_000, "\(produced.untaken.count)")
    }
  }

  @Test func `a client that cancels calls at a moderate pace, or is answered, keeps its connection`() async throws {
    try await attack(echo) { attack in
      for index in 0..<900 {
        let id = UInt32(2 * index + 1)
        attack.attacker.send(.headers(id, grpcRequest("/test.Bytes/Unary")), .reset(id, code: 8))
      }
      for index in 900..<2_500 {
        let answer = try await attack.attacker.call("/test.Bytes/Unary", UInt32(2 * index + 1), [[1]])
        #expect(answer.last?["grpc-status"] == "0")
        attack.attacker.send(.windowUpdate(0, 6), .ping(UInt64(index)), .windowUpdate(0, 1), .ping(UInt64(index)))
      }
      try await attack.attacker.roundTrip(1)
      #expect(!attack.log.lines.contains { $0.contains("given up") || $0.contains("strains") })
    }
  }
}
