// Calls whose connections are on another loop, in cases where the two loops disagree. Tests shared with other calls are
// in the suites with `onEitherLoop`.
import FreshetCore
import FreshetTransport
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FreshetClient

@Suite(.timeLimit(.minutes(5))) struct RelayedAttemptTests {
  /// A channel with a connection to each of two servers, the first on another loop than the channel's.
  private func withTwoLoops(
    _ body: (ManualChannel, FramePeer, FramePeer) async throws -> Void, settings: [(UInt16, UInt32)] = []
  ) async throws {
    // Its own loops, since one of them is blocked.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    var configuration = ChannelConfiguration()
    configuration.eventLoopGroup = group
    let made = try ManualChannel(configuration: configuration) { policy in
      guard !policy.endpoints.isEmpty else { return policy.host.resolve() }
      guard policy.subchannels.isEmpty else { return }
      var other = LoopExecutor.of(group.next())
      while other === policy.host.executor { other = LoopExecutor.of(group.next()) }
      policy.connectAll(on: [other, policy.host.executor])
    }
    async let connected: Void = made.channel.connect()
    let peers = [try await made.servers[0].accept(settings), try await made.servers[1].accept()]
    try await made.hears("0 ready")
    try await made.hears("1 ready")
    try await made.order { policy in
      #expect(policy.subchannels[0].executor !== policy.host.executor)
      policy.host.publish(.ready, SubchannelPicker(policy.subchannels[0]))
    }
    try await connected
    try await body(made, peers[0], peers[1])
    await made.channel.shutdown(grace: .zero)
    try await group.shutdownGracefully()
  }

  /// Sends all later calls to the connection on the channel's loop.
  private func turnToSecond(_ made: ManualChannel) async throws {
    try await made.order { $0.host.publish(.ready, SubchannelPicker($0.subchannels[1])) }
  }

  @Test
  func
    `R24: a call whose connection goes while it is on its way there waits for the next picker, and has lost nothing`()
    async throws
  {
    try await withTwoLoops { made, far, near in
      let gate = Gate()
      let other = try await made.order { $0.subchannels[0].executor }
      made.channel.core.executor.run { gate.pass() }
      try await gate.reached.value()
      let call = made.channel.bidirectional(method(.bidirectional))
      call.responses.start()
      far.close()
      try await far.waitUntilClosed()
      for _ in 0..<3 { try await other.loop.submit {}.get() }  // which sees the end meanwhile
      gate.open()
      for number in 1...3 as ClosedRange<UInt8> { try await call.send(Bytes(bytes: [number])) }
      try await made.hears("0 idle")
      try await turnToSecond(made)
      try await call.send(Bytes(bytes: [4]))
      call.finish()
      try await expect(near, [1, 2, 3, 4])
      answer(near, 1)
      var responses = call.responses.makeAsyncIterator()
      #expect(try await responses.next() == Bytes(bytes: [7]))
    }
  }

  private func expect(_ peer: FramePeer, _ numbers: [UInt8]) async throws {
    var bytes: [UInt8] = []
    while bytes.count < numbers.count * 6 { bytes += try await peer.next(.data, on: 1).payload }
    #expect(bytes == numbers.flatMap { grpcMessage([$0]) })
  }

  @Test func `C14: a call queued on another loop takes all its output to another connection`() async throws {
    try await withTwoLoops(
      { made, far, near in
        let first = made.unary(9)
        _ = try await far.next(.data)
        let call = made.channel.bidirectional(method(.bidirectional))
        for number in 1...3 as ClosedRange<UInt8> { try await call.send(Bytes(bytes: [number])) }
        try await made.order { _ in }
        try await turnToSecond(made)
        far.send(.goaway(last: 1))
        try await call.send(Bytes(bytes: [4]))
        call.finish()
        try await expect(near, [1, 2, 3, 4])
        for peer in [far, near] { answer(peer, 1) }
        var responses = call.responses.makeAsyncIterator()
        #expect(try await responses.next() == Bytes(bytes: [7]))
        _ = try await first.value
      }, settings: [(3, 1)])
  }

  @Test func `a call cancelled while queued on another loop is removed there`() async throws {
    try await withTwoLoops(
      { made, far, _ in
        let first = made.unary(9)
        _ = try await far.next(.data)
        let second = made.unary(8)
        try await made.order { _ in }
        second.cancel()
        #expect(rpcError(await second.result).code == .cancelled)
        answer(far, 1)
        _ = try await first.value
        let third = made.unary(7)
        #expect(try await far.next(.data).payload == grpcMessage([7]))
        answer(far, 3)
        _ = try await third.value
      }, settings: [(3, 1)])
  }

  @Test func `no window is returned for unread messages, on another loop either`() async throws {
    try await withTwoLoops { made, far, _ in
      let responses = made.channel.serverStreaming(method(.serverStreaming), Bytes())
      responses.start()
      _ = try await far.next(.headers)
      far.send(.headers(1, answerHead))
      for _ in 0..<63 { far.send(.data(1, grpcMessage(Array(repeating: 1, count: 1_019)))) }  // 63 KiB
      try await made.order { _ in }
      let passed = try await far.roundTrip()
      #expect(!passed.contains { $0.kind == .windowUpdate && $0.streamID == 1 })
      let reader = Task {
        var count = 0
        for try await _ in responses { count += 1 }
        return count
      }
      #expect(try await far.next(.windowUpdate, on: 1).number() >= 32 * 1024 - 1)
      far.send(.headers(1, [("grpc-status", "0")], endStream: true))
      #expect(try await reader.value == 63)
    }
  }

  @Test func `messages received before the status can be read at any time`() async throws {
    try await withTwoLoops { made, far, _ in
      let responses = made.channel.serverStreaming(method(.serverStreaming), Bytes())
      responses.start()
      _ = try await far.next(.headers)
      far.send(.headers(1, answerHead))
      for _ in 0..<50 { far.send(.data(1, grpcMessage(Array(repeating: 1, count: 1_000)))) }
      far.send(.headers(1, [("grpc-status", "0"), ("x", "y")], endStream: true))
      #expect(try await responses.trailers["x"] == "y")
      var count = 0
      for try await _ in responses { count += 1 }
      #expect(count == 50)
    }
  }
}
