// Nothing is left of finished calls and channels.
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

@Suite(.timeLimit(.minutes(5)), .onEitherLoop) struct ClientCallLeakTests {
  @Test func `nothing of a call is retained after its end, however it ends`() async throws {
    final class Weak: @unchecked Sendable {
      weak var call: ClientCall?
      weak var stream: TransportStream?
    }
    try await withScript { channel, server async throws in
      var all: [Weak] = []
      func start() -> ResponseStream<Bytes> {
        let responses = channel.serverStreaming(
          method(.serverStreaming), Bytes(), options: CallOptions(timeout: .seconds(3_600)))
        let weak = Weak()
        weak.call = responses.source.call()
        weak.stream = weak.call?.stream
        all.append(weak)
        return responses
      }
      var responses = start()
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      peer.send(.headers(1, answerHead), .data(1, grpcMessage([1])), .headers(1, answerTrailers(0), endStream: true))
      for try await _ in responses {}
      responses = start()
      _ = try await peer.next(.headers)
      peer.send(.reset(3, code: 2))
      _ = try? await responses.trailers
      responses = start()
      _ = try await peer.next(.headers)  // dropped by `start` below: reset with CANCEL
      responses = start()
      let passed = try await peer.frames { $0.kind == .headers && $0.streamID == 7 }
      // The two are sent in one flush, the reset first, or in two.
      if !passed.contains(where: { $0.kind == .reset }) { _ = try await peer.next(.reset, on: 5) }
      peer.send(.headers(7, answerHead + answerTrailers(5), endStream: true))
      do { for try await _ in responses {} } catch {}
      responses = channel.serverStreaming(method(.serverStreaming), Bytes())
      for _ in 0..<200 {
        try await peer.roundTrip()
        if all.allSatisfy({ $0.call == nil && $0.stream == nil }) { break }
      }
      #expect(all.map { $0.call == nil } == [true, true, true, true])
      #expect(all.map { $0.stream == nil } == [true, true, true, true])
    }
  }

  @Test func `a channel after shutdown retains nothing`() async throws {
    weak var core: FreshetClient.ChannelCore?
    do {
      let server = ScriptedServer()
      let options = FreshetClient.ChannelOptions(
        connector: .success(server.connector), authority: "x", scheme: "http", interceptors: [],
        configuration: ChannelConfiguration().patient)
      let made = FreshetClient.ChannelCore(options, on: LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next()))
      core = made
      let call = ClientCall(made, method(.unary), CallOptions(), hasProducer: false)
      let result = Task {
        await withUnsafeContinuation { continuation in
          call.start(.single(SingleResponse(continuation)), only: nil)
        }
      }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      made.executor.run { made.shutDown(grace: .zero) }
      await made.waitUntilClosed()
      if case .failure(let error) = await result.value { #expect(error.code == .unavailable) }
    }
    #expect(await eventually { core == nil })
  }
}
