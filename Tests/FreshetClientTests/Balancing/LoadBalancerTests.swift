// The seam between a channel and a policy: the policy's decisions apply to calls, over real connections.
import FreshetCore
import FreshetTransport
import NIOCore
import TestSupport
import Testing

@testable import FreshetClient

@Suite(.timeLimit(.minutes(5))) struct LoadBalancerTests {
  /// Connects to all endpoints when a connection is wanted.
  private static let connectsAll: @Sendable (ManualPolicy) -> Void = { policy in
    if policy.endpoints.isEmpty { policy.host.resolve() } else if policy.subchannels.isEmpty { policy.connectAll() }
  }

  @Test func `a policy is created with the first call, queries the resolver, and ends with the channel`() async throws {
    let made = try ManualChannel { if $0.endpoints.isEmpty { $0.host.resolve() } }
    #expect(made.heard.untaken.isEmpty)
    let call = made.unary()
    try await made.hears("exitIdle")
    try await made.hears("2 endpoints")
    await made.channel.shutdown()
    #expect(rpcError(await call.result).message == RPCError.channelIsShutDown.message)
    #expect(made.heard.untaken == ["shutDown"])
  }

  @Test func `calls alternate between two connections if the policy does`() async throws {
    let made = try ManualChannel(react: Self.connectsAll)
    let calls = (0..<6).map { made.unary(UInt8($0)) }
    let peers = [try await made.servers[0].accept(), try await made.servers[1].accept()]
    try await made.hears("0 ready")
    try await made.hears("1 ready")
    try await made.order { $0.host.publish(.ready, AlternatingPicker($0.subchannels)) }
    for peer in peers {
      for id in [1, 3, 5] as [UInt32] {
        let data = try await peer.next(.data, on: id)
        answer(peer, id, Array(data.payload.dropFirst(5)))
      }
    }
    for (number, call) in calls.enumerated() { #expect(try await call.value.message == Bytes(bytes: [UInt8(number)])) }
    await made.channel.shutdown()
  }

  @Test func `R25: waiting calls are sent in order when the policy publishes a picker`() async throws {
    let made = try ManualChannel(serverCount: 1, ports: [0], react: Self.connectsAll)
    let peer = Task { try await made.servers[0].accept() }
    var calls: [Task<FreshetClient.Response<Bytes>, any Error>] = []
    try await made.channel.core.executor.loop.submit {}.get()
    for number in 0..<5 {
      let call = ClientCall(made.channel.core, method(.unary), CallOptions(), hasProducer: false)
      let only = try OnlyRequest(Bytes(bytes: [UInt8(number)]), method(.unary), CallOptions(), of: call)
      let sent = Signal<Void>()
      calls.append(
        Task {
          let result = await withUnsafeContinuation { continuation in
            call.start(.single(SingleResponse(continuation)), only: only)
            sent.set()
          }
          let parts = try result.get()
          return FreshetClient.Response(
            message: parts.message.payload, metadata: parts.metadata, trailers: parts.trailers, wasCompressed: false)
        })
      try await sent.value()
    }
    try await made.hears("0 ready")
    // Each new picker tries them again, and they keep their order.
    for _ in 0..<3 { try await made.order { $0.host.publish(.connecting, QueuePicker()) } }
    try await made.order { $0.host.publish(.ready, SubchannelPicker($0.subchannels[0])) }
    let server = try await peer.value
    for number in 0..<5 {
      let data = try await server.next(.data)
      #expect(data.payload == grpcMessage([UInt8(number)]))
      answer(server, data.streamID)
    }
    for call in calls { _ = try await call.value }
    await made.channel.shutdown()
  }

  @Test func `R19: when a picker fails calls, those that wait for a ready channel wait`() async throws {
    let made = try ManualChannel(react: Self.connectsAll)
    let plain = made.unary(1), patient = made.unary(2, CallOptions(waitForReady: true))
    let peer = try await made.servers[0].accept()
    try await made.hears("0 ready")
    let refused = RPCError(code: .unavailable, message: "refused")
    try await made.order { $0.host.publish(.transientFailure, FailPicker(refused)) }
    #expect(rpcError(await plain.result).message == "refused")
    #expect(rpcError(await made.unary(3).result).message == "refused")
    try await made.order { $0.host.publish(.ready, SubchannelPicker($0.subchannels[0])) }
    #expect(try await peer.next(.data).payload == grpcMessage([2]))
    answer(peer, 1)
    _ = try await patient.value
    await made.channel.shutdown()
  }

  @Test func `R23: a picker that drops calls also ends waiting ones`() async throws {
    let made = try ManualChannel(react: Self.connectsAll)
    let calls = [made.unary(1), made.unary(2, CallOptions(waitForReady: true))]
    try await made.hears("exitIdle")
    let dropped = RPCError(code: .unavailable, message: "dropped")
    try await made.order { $0.host.publish(.ready, DropPicker(error: dropped)) }
    for call in calls { #expect(rpcError(await call.result).message == "dropped") }
    await made.channel.shutdown()
  }

  @Test func `R24: a call whose subchannel is gone waits for the next picker, even if the last still refers to it`()
    async throws
  {
    let made = try ManualChannel(react: Self.connectsAll)
    let first = made.unary(1)
    let peers = [try await made.servers[0].accept(), try await made.servers[1].accept()]
    try await made.hears("0 ready")
    try await made.hears("1 ready")
    try await made.order { $0.host.publish(.ready, SubchannelPicker($0.subchannels[0])) }
    _ = try await peers[0].next(.data)
    answer(peers[0], 1)
    _ = try await first.value
    peers[0].close()
    try await made.hears("0 idle")
    // The policy does nothing; its picker picks the lost subchannel.
    let second = made.unary(2)
    try await made.order { _ in }
    try await made.order { $0.host.publish(.ready, SubchannelPicker($0.subchannels[1])) }
    #expect(try await peers[1].next(.data).payload == grpcMessage([2]))
    answer(peers[1], 1)
    _ = try await second.value
    await made.channel.shutdown()
  }

  @Test func `a call queued on a lost connection uses another with the next picker`()
    async throws
  {
    let made = try ManualChannel(react: Self.connectsAll)
    let first = made.unary(1)
    let narrow = try await made.servers[0].accept([(3, 1)]), wide = try await made.servers[1].accept()
    try await made.hears("0 ready")
    try await made.hears("1 ready")
    try await made.order { $0.host.publish(.ready, SubchannelPicker($0.subchannels[0])) }
    _ = try await narrow.next(.data)
    let second = made.unary(2)
    try await made.order { _ in }
    try await made.order { $0.host.publish(.ready, SubchannelPicker($0.subchannels[1])) }
    narrow.send(.goaway(last: 1))
    #expect(try await wide.next(.data).payload == grpcMessage([2]))
    answer(wide, 1)
    answer(narrow, 1)
    _ = try await (first.value, second.value)
    await made.channel.shutdown()
  }

  @Test func `a subchannel that is shut down drains, then closes`() async throws {
    let made = try ManualChannel(react: Self.connectsAll)
    let first = made.unary(1)
    let peers = [try await made.servers[0].accept(), try await made.servers[1].accept()]
    try await made.hears("0 ready")
    try await made.hears("1 ready")
    try await made.order { $0.host.publish(.ready, SubchannelPicker($0.subchannels[0])) }
    _ = try await peers[0].next(.data)
    try await made.order { policy in
      policy.host.publish(.ready, SubchannelPicker(policy.subchannels[1]))
      policy.subchannels[0].shutDown()
    }
    let second = made.unary(2)
    #expect(try await peers[1].next(.data).payload == grpcMessage([2]))
    #expect(!peers[0].isClosed)
    for peer in peers { answer(peer, 1) }
    _ = try await (first.value, second.value)
    try await peers[0].waitUntilClosed()
    #expect(!peers[1].isClosed)
    #expect(!made.heard.untaken.contains { $0.hasPrefix("0") })  // no events after its shutdown
    await made.channel.shutdown()
  }

  @Test func `R26: a failed subchannel has its error, and a lost one is idle, until told to connect`()
    async throws
  {
    let made = try ManualChannel(serverCount: 1, ports: [0, 9], react: Self.connectsAll)
    async let connected: Void = made.channel.connect()
    var peer = try await made.servers[0].accept()
    try await made.hears("1 failed: no server at ipv4:127.0.0.1:9")
    try await made.hears("0 ready")
    try await made.order { $0.host.publish(.ready, SubchannelPicker($0.subchannels[0])) }
    try await connected
    for _ in 0..<3 {
      peer.close()
      try await made.hears("0 idle")
      try await made.order { $0.subchannels[0].connect() }
      peer = try await made.servers[0].accept()
      try await made.hears("0 ready")
    }
    try await made.order { $0.subchannels[1].connect() }
    try await made.hears("1 failed: no server at ipv4:127.0.0.1:9")
    await made.channel.shutdown()
  }

  @Test func `an attempt that is shut down is abandoned, and the channel ends without it`() async throws {
    let made = try ManualChannel(serverCount: 1, ports: [0], react: Self.connectsAll)
    let call = made.unary(1, CallOptions(waitForReady: true))
    let silent = try await made.servers[0].acceptSilent()
    try await made.order { $0.subchannels[0].shutDown() }
    try await silent.waitUntilClosed()
    await made.channel.shutdown(grace: .seconds(3_600))
    #expect(rpcError(await call.result).message == RPCError.channelIsShutDown.message)
  }

  @Test func `nothing is left of a channel whose policy has connections, attempts and waiting calls`() async throws {
    weak var core: FreshetClient.ChannelCore?
    weak var policy: ManualPolicy?
    do {
      let made = try ManualChannel(serverCount: 2, ports: [0, 1, 9], react: Self.connectsAll)
      core = made.channel.core
      let call = made.unary(1)
      _ = try await made.servers[0].accept()
      _ = try await made.servers[1].acceptSilent()
      try await made.hears("0 ready")
      policy = try await made.order { $0 }
      await made.channel.shutdown(grace: .zero)
      #expect(rpcError(await call.result).code == .unavailable)
    }
    #expect(await eventually { core == nil && policy == nil })
  }

  // MARK: Resolvers

  /// Reports what the test decides.
  private final class Told: Resolver {
    let report: (Resolution) -> Void
    let asked: EventLog<NIOLoopBound<Told>>
    let loop: any EventLoop
    init(_ executor: LoopExecutor, _ asked: EventLog<NIOLoopBound<Told>>, report: @escaping (Resolution) -> Void) {
      loop = executor.loop
      self.asked = asked
      self.report = report
    }
    func resolve() { asked.record(NIOLoopBound(self, eventLoop: loop)) }
    func giveUp() {}
  }

  @Test func `R9, R11: each pass of pick_first queries the resolver, whose failure fails the calls`() async throws {
    let server = ScriptedServer()
    let asked = EventLog<NIOLoopBound<Told>>()
    let channel = RPCChannel(
      connector: server.connector, configuration: ChannelConfiguration().patient,
      resolver: { executor, report in Told(executor, asked, report: report) })
    func answer(_ result: Resolution) async throws {
      let resolver = try await asked.next("a question")
      try await resolver.eventLoop.submit { resolver.value.report(result) }.get()
    }
    let call = Task { try await channel.unary(method(.unary), Bytes()) }
    try await answer(.success([Endpoint([.inProcess])]))
    let peer = try await server.accept()
    _ = try await peer.next(.headers)
    peer.close()
    #expect(rpcError(await call.result).code == .unavailable)
    let next = Task { try await channel.unary(method(.unary), Bytes()) }
    try await answer(.failure(TransportError(.connect, "no such name")))
    let error = rpcError(await next.result)
    #expect(error.message == "no connection: cannot connect to in process: no such name")
    await channel.shutdown()
    #expect(asked.untaken.isEmpty)
  }
}
