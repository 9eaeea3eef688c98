// Calls that a server did not process are retried transparently (grpc-wire.md C6).
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import FreshetStreams
import NIOCore
import TestSupport
import Testing

@testable import FreshetClient

@Suite(.timeLimit(.minutes(5)), .onEitherLoop) struct TransparentRetryTests {
  private static let refused: UInt32 = 7

  @Test func `C6: a call above the last stream of a GOAWAY is retried on a new connection`() async throws {
    try await withScript { channel, server async throws in
      let call = Task { try await channel.unary(method(.unary), Bytes(bytes: [1, 2])) }
      let old = try await server.accept()
      _ = try await old.next(.data)
      old.send(.goaway(last: 0))
      let new = try await server.accept()
      #expect(try await new.next(.headers)[":path"] == "/test.Bytes/Any")
      let data = try await new.next(.data)
      #expect(data.payload == grpcMessage([1, 2]) && data.isEndStream)
      answer(new, 1)
      #expect(try await call.value.message == Bytes(bytes: [7]))
    }
  }

  @Test func `C6: a call left over by graceful GOAWAYs is retried until a connection takes it`() async throws {
    try await withScript { channel, server async throws in
      let count = 30
      let results = try await withThrowingTaskGroup { group in
        for number in 0..<count {
          group.addTask { try await channel.unary(method(.unary), Bytes(bytes: [UInt8(number)])).message }
        }
        // Each connection takes only its first call, whichever that is.
        for left in (1...count).reversed() {
          let peer = try await server.accept()
          var requests: [Frame] = []
          while requests.count < left { requests.append(try await peer.next(.data)) }
          peer.send(.goaway(last: 1))
          let first = try #require(requests.first { $0.streamID == 1 })
          answer(peer, 1, Array(first.payload.dropFirst(5)))
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(Set(results) == Set((0..<count).map { Bytes(bytes: [UInt8($0)]) }))
    }
  }

  @Test(arguments: [(1, 11), (0, 0)] as [(UInt32, UInt32)])
  func `C6: a GOAWAY with an error, or from a server that takes no call, is a refusal`(
    last: UInt32, code: UInt32
  ) async throws {
    try await withScript { channel, server async throws in
      let calls = (0..<2).map { _ in Task { try await channel.unary(method(.unary), Bytes(bytes: [1])) } }
      let first = try await server.accept()
      _ = try await first.next(.data, on: 3)
      first.send(.goaway(last: last, code: code))
      if last == 1 { answer(first, 1) }
      let second = try await server.accept()
      _ = try await second.next(.data, on: last == 1 ? 1 : 3)
      second.send(.goaway(last: 0))
      var codes: [Status.Code] = []
      for call in calls { codes.append(rpcError(await call.result).code) }
      #expect(codes.count { $0 == .unavailable } == (last == 1 ? 1 : 2))
    }
  }

  @Test func `C6: a refused call is retried once, on the same connection`() async throws {
    try await withScript { channel, server async throws in
      let call = Task { try await channel.unary(method(.unary), Bytes(bytes: [1])) }
      let peer = try await server.accept()
      _ = try await peer.next(.data, on: 1)
      peer.send(.reset(1, code: Self.refused))
      #expect(try await peer.next(.data, on: 3).payload == grpcMessage([1]))
      answer(peer, 3)
      #expect(try await call.value.message == Bytes(bytes: [7]))
    }
  }

  @Test func `C6: a call that is refused twice is UNAVAILABLE`() async throws {
    try await withScript { channel, server async throws in
      let call = Task { try await channel.unary(method(.unary), Bytes(bytes: [1])) }
      let peer = try await server.accept()
      for id in [1, 3] as [UInt32] {
        _ = try await peer.next(.data, on: id)
        peer.send(.reset(id, code: Self.refused))
      }
      let error = rpcError(await call.result)
      #expect(error.code == .unavailable && error.message.contains("REFUSED_STREAM"))
    }
  }

  @Test func `C6: a stream of requests is replayed from its first message, and continues`() async throws {
    try await withScript { channel, server async throws in
      let call = channel.bidirectional(method(.bidirectional))
      for number in 1...3 { try await call.send(Bytes(bytes: [UInt8(number)])) }
      let old = try await server.accept()
      var sent: [UInt8] = []
      while sent.count < 18 { sent += try await old.next(.data).payload }
      old.send(.goaway(last: 0))
      let new = try await server.accept()
      try await call.send(Bytes(bytes: [4]))
      call.finish()
      var again: [UInt8] = []
      while again.count < 24 { again += try await new.next(.data).payload }
      #expect(again == (1...4).flatMap { grpcMessage([$0]) })
      answer(new, 1)
      var responses = call.responses.makeAsyncIterator()
      #expect(try await responses.next() == Bytes(bytes: [7]))
      #expect(try await responses.next() == nil)
    }
  }

  @Test func `C6: a call whose response has begun is not retried`() async throws {
    try await withScript { channel, server async throws in
      let call = Task { try await channel.unary(method(.unary), Bytes(bytes: [1])) }
      let peer = try await server.accept()
      _ = try await peer.next(.data)
      peer.send(
        .headers(1, [(":status", "200"), ("content-type", "application/grpc")]), .reset(1, code: Self.refused))
      #expect(rpcError(await call.result).code == .unavailable)
      #expect(try await peer.roundTrip().allSatisfy { $0.kind != .headers })
    }
  }

  @Test func `C6: a stream that has sent more than is kept is not retried`() async throws {
    try await withScript { channel, server async throws in
      let call = channel.bidirectional(method(.bidirectional))
      try await call.send(Bytes(bytes: [1]))
      let peer = try await server.accept([(4, 0x7fff_ffff)])
      peer.send(.windowUpdate(0, 0x7fff_0000))
      for _ in 0..<5 { try await call.send(Bytes(repeating: 2, count: 60_000)) }
      peer.send(.reset(1, code: Self.refused))
      var responses = call.responses.makeAsyncIterator()
      await #expect { try await responses.next() } throws: { ($0 as? RPCError)?.code == .unavailable }
    }
  }

  @Test func `C6: a call cancelled between two attempts is not retried`() async throws {
    try await withScript { channel, server async throws in
      let call = Task { try await channel.unary(method(.unary), Bytes(bytes: [1])) }
      let old = try await server.accept()
      _ = try await old.next(.data)
      old.send(.goaway(last: 0))
      let new = try await server.acceptSilent()  // no SETTINGS, so the call waits for the connection
      call.cancel()
      #expect(rpcError(await call.result).code == .cancelled)
      new.send(.settings(), .settingsAck)
      #expect(try await new.roundTrip().allSatisfy { $0.kind != .headers })
    }
  }

  @Test(arguments: [(StreamEnd.unprocessed, 1), (.resetByPeer(.refusedStream), 1), (.unsent, 10)])
  func `C6: refused calls are retried once, unsent ones more often`(end: StreamEnd, times: Int) {
    var retries = TransparentRetries()
    let answers = (0...times).map { _ in retries.allow(after: end) }
    #expect(answers == Array(repeating: true, count: times) + [false])
  }

  @Test func `C6: calls left over by a graceful GOAWAY are retried without limit`() {
    var retries = TransparentRetries()
    var answers = (0..<1_000).map { _ in retries.allow(after: .leftOver) }
    answers.append(retries.allow(after: .unprocessed))  // which is counted separately
    #expect(answers.allSatisfy { $0 })
  }

  @Test(arguments: [StreamEnd.ended, .resetByPeer(.cancel), .resetByUs(.cancel), .connectionLost])
  func `C6: a call that a server may have processed is not retried`(end: StreamEnd) {
    var retries = TransparentRetries()
    let isAllowed = retries.allow(after: end)
    #expect(!isAllowed)
  }
}
