// Calls in progress: early ends, cancellations, deadlines, back-pressure, and lost connections.
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

@Suite(.timeLimit(.minutes(5)), .onEitherLoop) struct ClientCallFlowTests {
  @Test func `C5: trailers before the client's end stop its producer and reset the stream`() async throws {
    let cancelled = Signal<Bool>()
    try await withScript { channel, server async throws in
      let requests = AsyncGenerator<Bytes, any Error> { yield in
        do { for _ in 0..<1_000_000 { try await yield(Bytes(repeating: 1, count: 10_000)) } } catch {
          cancelled.set(true)
          throw error
        }
        cancelled.set(false)
      }
      let call = Task { try await channel.clientStreaming(method(.clientStreaming), requests) }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      peer.send(.headers(1, answerHead + answerTrailers(8), endStream: true))
      #expect(rpcError(await call.result).code == .resourceExhausted)
      #expect(try await peer.next(.reset, on: 1).number() == 0)
      #expect(try await cancelled.value())
    }
  }

  @Test func `an early OK with its message is a success for the caller`() async throws {
    try await withScript { channel, server async throws in
      let requests = AsyncGenerator<Bytes, any Error> { yield in
        for _ in 0..<1_000_000 { try await yield(Bytes(repeating: 1, count: 10_000)) }
      }
      let call = Task { try await channel.clientStreaming(method(.clientStreaming), requests) }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      peer.send(.headers(1, answerHead), .data(1, grpcMessage([4])), .headers(1, answerTrailers(0), endStream: true))
      #expect(try await Array(call.value.message.readableBytesView) == [4])
    }
  }

  @Test func `an error of the request sequence cancels the call and is rethrown`() async throws {
    struct Broken: Error {}
    try await withScript { channel, server async throws in
      let isSent = Signal<Void>()
      let requests = AsyncGenerator<Bytes, any Error> { yield in
        try await yield(Bytes(bytes: [1]))
        try await isSent.value()
        throw Broken()
      }
      let call = Task { try await channel.clientStreaming(method(.clientStreaming), requests) }
      let peer = try await server.accept()
      _ = try await peer.next(.data)
      isSent.set()
      await #expect(throws: Broken.self) { try await call.value }
      #expect(try await peer.next(.reset).number() == 8)
    }
  }

  @Test func `C5: a cancelled task resets the stream with CANCEL and gets CANCELLED`() async throws {
    try await withScript { channel, server async throws in
      let call = Task { try await channel.unary(method(.unary), Bytes()) }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      call.cancel()
      #expect(rpcError(await call.result).code == .cancelled)
      #expect(try await peer.next(.reset).number() == 8)
    }
  }

  @Test func `C4: a deadline is DEADLINE_EXCEEDED, and the server gets CANCEL`() async throws {
    try await withScript { channel, server async throws in
      let first = Task { try await channel.unary(method(.unary), Bytes()) }  // so that there is a connection
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      var timeout = Duration.milliseconds(50)
      // On a busy machine a call may expire before it was sent; such a call proves nothing, so retry with more time.
      for _ in 0..<10 {
        let options = CallOptions(timeout: timeout)
        let call = Task { try await channel.unary(method(.unary), Bytes(), options: options) }
        #expect(rpcError(await call.result).code == .deadlineExceeded)
        timeout *= 2
        let marker = Task { try await channel.unary(method(.unary), Bytes()) }
        let frames = try await peer.frames(upTo: { $0.kind == .headers && $0["grpc-timeout"] == nil })
        marker.cancel()
        guard let sent = frames.first(where: { $0["grpc-timeout"] != nil }) else { continue }
        #expect(frames.contains { $0.kind == .reset && $0.streamID == sent.streamID && $0.number() == 8 })
        first.cancel()
        return
      }
      Issue.record("no call was sent within \(timeout)")
    }
  }

  @Test func `calls with the same time-out send the application's value`() async throws {
    try await withScript { channel, server async throws in
      let options = CallOptions(timeout: .seconds(3_600))
      let calls = (0..<3).map { _ in Task { try await channel.unary(method(.unary), Bytes(), options: options) } }
      let peer = try await server.accept()
      for _ in calls { #expect(try await peer.next(.headers)["grpc-timeout"] == "3600000m") }
      for call in calls { call.cancel() }
    }
  }

  @Test func `a dropped stream is reset with CANCEL`() async throws {
    try await withScript { channel, server async throws in
      let reader = Task {
        for try await _ in channel.serverStreaming(method(.serverStreaming), Bytes()) { break }
      }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      peer.send(.headers(1, answerHead), .data(1, grpcMessage([1])))
      try await reader.value
      #expect(try await peer.next(.reset).number() == 8)
    }
  }

  @Test func `back-pressure: no window is returned for unread messages`() async throws {
    try await withScript { channel, server async throws in
      let responses = channel.serverStreaming(method(.serverStreaming), Bytes())
      responses.start()
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      peer.send(.headers(1, answerHead))
      for _ in 0..<63 { peer.send(.data(1, grpcMessage(Array(repeating: 1, count: 1_019)))) }  // 63 KiB
      let passed = try await peer.roundTrip()
      #expect(!passed.contains { $0.kind == .windowUpdate && $0.streamID == 1 })
      let reader = Task {
        var count = 0
        for try await _ in responses { count += 1 }
        return count
      }
      #expect(try await peer.next(.windowUpdate, on: 1).number() >= 32 * 1024 - 1)
      peer.send(.headers(1, answerTrailers(0), endStream: true))
      #expect(try await reader.value == 63)
    }
  }

  @Test func `C14: calls beyond the server's limit of streams wait, they do not fail`() async throws {
    try await withScript { channel, server async throws in
      let calls = (0..<10).map { _ in Task { try await channel.unary(method(.unary), Bytes()) } }
      let peer = try await server.accept([(3, 1)])
      for _ in 0..<10 {
        let id = try await peer.next(.headers).streamID
        peer.send(
          .headers(id, answerHead), .data(id, grpcMessage([])), .headers(id, answerTrailers(0), endStream: true))
      }
      for call in calls { _ = try await call.value }
    }
  }

  @Test func `C6: after GOAWAY the next call uses a new connection, the running one ends on the old`() async throws {
    try await withScript { channel, server async throws in
      let first = Task { try await channel.unary(method(.unary), Bytes()) }
      let old = try await server.accept()
      _ = try await old.next(.headers)
      old.send(.goaway(last: 1))
      try await old.roundTrip()
      let second = Task { try await channel.unary(method(.unary), Bytes()) }
      let new = try await server.accept()
      _ = try await new.next(.headers)
      for peer in [old, new] {
        peer.send(.headers(1, answerHead), .data(1, grpcMessage([])), .headers(1, answerTrailers(0), endStream: true))
      }
      _ = try await first.value
      _ = try await second.value
      try await old.waitUntilClosed()
    }
  }

  @Test func `a lost connection is UNAVAILABLE for its calls, and the next call reconnects`() async throws {
    try await withScript { channel, server async throws in
      let first = Task { try await channel.unary(method(.unary), Bytes()) }
      let old = try await server.accept()
      _ = try await old.next(.headers)
      old.close()
      #expect(rpcError(await first.result).code == .unavailable)
      let second = Task { try await channel.unary(method(.unary), Bytes()) }
      let new = try await server.accept()
      _ = try await new.next(.headers)
      new.send(.headers(1, answerHead), .data(1, grpcMessage([])), .headers(1, answerTrailers(0), endStream: true))
      _ = try await second.value
    }
  }
}
