// What interceptors learn about calls, and their effects.
import FreshetCore
import FreshetTransport
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import FreshetClient

@Suite(.timeLimit(.minutes(5)), .onEitherLoop) struct ClientInterceptorTests {
  private final class Counter: ClientInterceptor {
    private let startCount = Atomic(0), endCount = Atomic(0)
    let startError: RPCError?
    init(startError: RPCError? = nil) { self.startError = startError }
    var starts: Int { startCount.load(ordering: .acquiring) }
    var ends: Int { endCount.load(ordering: .acquiring) }
    func startCall(_ call: inout ClientCallRequest) async throws {
      startCount.add(1, ordering: .acquiringAndReleasing)
      if let startError { throw startError }
    }
    func endCall(_ call: ClientCallRequest, error: RPCError?) { endCount.add(1, ordering: .acquiringAndReleasing) }
  }

  @Test func `an interceptor that returns before the call has begun does not lose it`() async throws {
    let counter = Counter()
    try await withScript(interceptors: [counter]) { channel, server async throws in
      let calls = (0..<300).map { _ in Task.detached { try await channel.unary(method(.unary), Bytes()) } }
      let peer = try await server.accept()
      for _ in 0..<300 {
        let id = try await peer.next(.headers).streamID
        peer.send(
          .headers(id, [(":status", "200"), ("content-type", "application/grpc")]), .data(id, grpcMessage([])),
          .headers(id, [("grpc-status", "0")], endStream: true))
      }
      for call in calls { _ = try await call.value }
    }
    #expect(counter.starts == 300)
    #expect(counter.ends == 300)
  }

  @Test func `an interceptor's error is the outcome, and earlier ones are notified of the end once`() async throws {
    let counter = Counter(), later = Counter()
    let refusing = Counter(startError: RPCError(code: .unauthenticated, message: "no token"))
    try await withScript(interceptors: [counter, refusing, later]) { channel, _ async throws in
      for _ in 0..<300 {
        let call = Task.detached { try await channel.unary(method(.unary), Bytes()) }
        #expect(rpcError(await call.result).code == .unauthenticated)
      }
    }
    #expect([counter.ends, refusing.ends, later.starts, later.ends] == [300, 0, 0, 0])
  }

  @Test func `a call cancelled while an interceptor waits notifies earlier ones, but not yet`()
    async throws
  {
    final class Slow: ClientInterceptor {
      let started = Signal<Void>()
      /// Its wait ignores cancellation.
      let goOn = Event()
      func startCall(_ call: inout ClientCallRequest) async throws {
        started.set()
        await goOn.wait()
        throw CancellationError()
      }
    }
    let counter = Counter(), slow = Slow()
    try await withScript(interceptors: [counter, slow]) { channel, _ async throws in
      let call = Task { try await channel.unary(method(.unary), Bytes()) }
      try await slow.started.value()
      call.cancel()
      #expect(rpcError(await call.result).code == .cancelled)
      #expect(counter.ends == 0)
      slow.goOn.fire()
      #expect(await eventually { counter.ends == 1 })
    }
  }

  @Test func `a call of an already cancelled task ends as CANCELLED, and endCall is called once`() async throws {
    let counter = Counter()
    try await withScript(interceptors: [counter]) { channel, _ async throws in
      for _ in 0..<50 {
        let call = Task.detached {
          while !Task.isCancelled { await Task.yield() }
          return try await channel.unary(method(.unary), Bytes())
        }
        call.cancel()
        #expect(rpcError(await call.result).code == .cancelled)
      }
    }
    #expect(await eventually { counter.ends == 50 })
  }
}
