// Clients that send what costs the server more than them: each has a bound, and others are served meanwhile.
import FreshetCore
import NIOCore
import TestSupport
import Testing

@testable import FreshetServer

@Suite(.timeLimit(.minutes(2))) struct FloodTests {
  private let echo = BytesService(unary: { request, _ in request })

  /// A well-behaved client and a second one that attacks the same server.
  private func attack(
    _ service: BytesService, settings: [(UInt16, UInt32)] = [],
    _ body: (_ attacker: FramePeer, _ others: () async throws -> Void, RecordedLog) async throws -> Void
  ) async throws {
    let log = RecordedLog()
    var configuration = ServerConfiguration()
    configuration.logger = log.logger
    configuration.drainTimeout = .milliseconds(100)
    try await withPeer(service, configuration: configuration) { other, server async throws in
      let (own, socket) = FramePeer.socketPair()
      server.serve(connectedSocket: socket)
      let attacker = try await FramePeer.on(socket: own, peerIsClient: false)
      attacker.send(bytes: Frame.preface + Frame.settings(settings).bytes)
      _ = try await attacker.frames { $0.kind == .settings && $0.isAck }
      var id: UInt32 = 1
      try await body(
        attacker,
        {
          let answer = try await other.call("/test.Bytes/Unary", id, [[7]])
          #expect(answer.last?["grpc-status"] == "0")
          id += 2
        }, log)
      attacker.close()
    }
  }

  @Test func `rapid resets (CVE-2023-44487) end their connection, which the log says, and no other`() async throws {
    try await attack(echo) { attacker, others, log in
      for index in 0..<3_000 {
        let id = UInt32(2 * index + 1)
        attacker.send(.headers(id, grpcRequest("/test.Bytes/Unary")), .reset(id, code: 8))
        if index.isMultiple(of: 500) { try await others() }
      }
      await attacker.waitUntilClosed()
      #expect(await log.line(containing: "connection refused").hasPrefix("warning"))
      try await others()
    }
  }

  @Test func `a flood of CONTINUATION frames (CVE-2024-28182) ends its connection, and no other`() async throws {
    try await attack(echo) { attacker, others, log in
      attacker.send(Frame(.headers, streamID: 1, payload: Frame.block(grpcRequest("/test.Bytes/Unary"))))
      for index in 0..<1_000 {
        attacker.send(Frame(.continuation, streamID: 1, payload: Frame.block([("x", "y")])))
        if index.isMultiple(of: 200) { try await others() }
      }
      await attacker.waitUntilClosed()
      #expect(await log.line(containing: "connection refused").hasPrefix("warning"))
      try await others()
    }
  }

  /// One entry of 4,000 bytes in the table, then 16,000 references to it of a byte each: 64 MB of headers.
  @Test func `S9: an HPACK bomb is RESOURCE_EXHAUSTED, and neither its connection nor another one ends`() async throws {
    try await attack(echo) { attacker, others, _ in
      let value = [UInt8](repeating: 0x61, count: 4_000)
      let literal: [UInt8] = [0x40, 1, 0x78, 0x7f, 0xa1, 0x1e] + value  // indexed, name “x”, 4,000 bytes
      let request = Frame.block(grpcRequest("/test.Bytes/Unary"))
      attacker.send(
        Frame(
          .headers, flags: Frame.endHeaders | Frame.endStream, streamID: 1,
          payload: request + literal + [UInt8](repeating: 0x80 | 62, count: 12_000)))
      let answer = try await attacker.response(on: 1)
      #expect(answer[0]["grpc-status"] == "8" || answer[0][":status"] == "431", "\(answer)")
      try await others()
      let next = try await attacker.call("/test.Bytes/Unary", 3, [[1]])
      #expect(next.last?["grpc-status"] == "0")
    }
  }

  @Test func `streams over an acknowledged limit end their connection, and no other`() async throws {
    let started = Signal<Void>()
    let service = BytesService(
      unary: { request, _ in request },
      clientStreaming: { requests, _ in
        started.set()
        for try await _ in requests {}
        return ByteBuffer()
      })
    try await attack(service) { attacker, others, _ in
      attacker.send(.settingsAck)
      for index in 0..<1_001 {
        attacker.send(.headers(UInt32(2 * index + 1), grpcRequest("/test.Bytes/ClientStreaming")))
      }
      await attacker.waitUntilClosed()
      try await started.value()
      try await others()
    }
  }

  @Test func `a client that opens no window gets no answers, and holds up neither others nor the server's end`() async throws {
    try await attack(echo, settings: [(4, 0)]) { attacker, others, _ in
      for index in 0..<500 {
        let id = UInt32(2 * index + 1)
        attacker.send(.headers(id, grpcRequest("/test.Bytes/Unary")), .data(id, grpcMessage([1, 2]), endStream: true))
        if index.isMultiple(of: 100) { try await others() }
      }
      let frames = try await attacker.roundTrip()
      #expect(frames.allSatisfy { $0.kind != .data })
      try await others()
    }
  }

  @Test func `SETTINGS, PINGs, empty DATA and priorities without end are answered, and others are served meanwhile`() async throws {
    let service = BytesService(
      unary: { request, _ in request },
      clientStreaming: { requests, _ in
        for try await _ in requests {}
        return ByteBuffer()
      })
    try await attack(service) { attacker, others, _ in
      attacker.send(.headers(1, grpcRequest("/test.Bytes/ClientStreaming")))
      for round in 0..<20 as Range<UInt64> {
        for number in 0..<50 as Range<UInt64> {
          attacker.send(.settings([(4, 65_535)]), .ping(number), .data(1, []), Frame(.priority, streamID: 1, payload: [0, 0, 0, 0, 16]))
        }
        try await attacker.roundTrip(1_000 + round)  // a peer that takes its answers
        try await others()
      }
      attacker.send(.data(1, [], endStream: true))
      let answer = try await attacker.response(on: 1)
      #expect(answer.last?["grpc-status"] == "0")
    }
  }
}
