// Calls beyond the server's limit wait (grpc-wire.md C14), and use another connection when theirs ends.
import FreshetCore
import FreshetTransport
import NIOCore
import TestSupport
import Testing

@testable import FreshetClient
@testable import FreshetTransport

@Suite(.timeLimit(.minutes(5))) struct WaitingCallsTests {
  private final class Call {}

  private func answer(_ peer: FramePeer, _ id: UInt32) {
    peer.send(
      .headers(id, [(":status", "200"), ("content-type", "application/grpc")]), .data(id, grpcMessage([7])),
      .headers(id, [("grpc-status", "0")], endStream: true))
  }

  private func call(_ channel: RPCChannel, _ number: UInt8) -> Task<Response<Bytes>, any Error> {
    Task { try await channel.unary(method(.unary), Bytes(bytes: [number])) }
  }

  // MARK: The queue

  @Test func `calls leave in order, without cancelled ones`() {
    let calls = (0..<5).map { _ in Call() }
    var queue = WaitingCalls(calls)
    queue.remove(calls[1])
    queue.remove(calls[1])
    queue.remove(calls[4])
    queue.append(calls[1])  // at the end now
    #expect(queue.count == 4)
    var left: [Call] = []
    while let call = queue.popFirst() { left.append(call) }
    #expect(left.map(ObjectIdentifier.init) == [calls[0], calls[2], calls[3], calls[1]].map(ObjectIdentifier.init))
    #expect(queue.isEmpty)
  }

  @Test func `ten thousand cancelled calls free their memory`() {
    let patient = Call()
    var queue = WaitingCalls([patient])
    for _ in 0..<10_000 {
      let call = Call()
      queue.append(call)
      queue.remove(call)
    }
    #expect(queue.count == 1)
    let left = queue.popFirst()
    #expect(left === patient)
    #expect(queue.isEmpty)
  }

  // MARK: On a connection

  @Test func `C14: calls beyond the limit are not sent until another has ended, and cancelled ones never`()
    async throws
  {
    try await withScript { channel, server async throws in
      let first = call(channel, 1)
      let peer = try await server.accept([(3, 1)])
      _ = try await peer.next(.data, on: 1)
      let second = call(channel, 2)
      #expect(try await peer.roundTrip().isEmpty)
      let third = call(channel, 3)
      #expect(try await peer.roundTrip(2).isEmpty)
      second.cancel()
      #expect(rpcError(await second.result).code == .cancelled)
      answer(peer, 1)
      #expect(try await peer.next(.data, on: 3).payload == grpcMessage([3]))
      answer(peer, 3)
      _ = try await (first.value, third.value)
    }
  }

  @Test func `C14: raising the limit sends waiting calls`() async throws {
    try await withScript { channel, server async throws in
      let calls = (1...3).map { call(channel, $0) }
      let peer = try await server.accept([(3, 0)])
      #expect(try await peer.roundTrip().allSatisfy { $0.kind != .headers })
      peer.send(.settings([(3, 100)]))
      for id in [1, 3, 5] as [UInt32] {
        _ = try await peer.next(.data, on: id)
        answer(peer, id)
      }
      for call in calls { _ = try await call.value }
    }
  }

  @Test func `C14: waiting calls move to a new connection when theirs is going away`() async throws {
    try await withScript { channel, server async throws in
      let running = call(channel, 1)
      let old = try await server.accept([(3, 1)])
      _ = try await old.next(.data, on: 1)
      let waiting = call(channel, 2)
      _ = try await old.roundTrip()
      old.send(.goaway(last: 1))
      let new = try await server.accept()
      #expect(try await new.next(.data, on: 1).payload == grpcMessage([2]))
      answer(new, 1)
      _ = try await waiting.value
      answer(old, 1)
      _ = try await running.value
    }
  }

  @Test func `C14: waiting calls survive the loss of their connection`() async throws {
    try await withScript { channel, server async throws in
      let running = call(channel, 1)
      let old = try await server.accept([(3, 1)])
      _ = try await old.next(.data, on: 1)
      let waiting = call(channel, 2)
      _ = try await old.roundTrip()
      old.close()
      #expect(rpcError(await running.result).code == .unavailable)
      let new = try await server.accept()
      _ = try await new.next(.data, on: 1)
      answer(new, 1)
      _ = try await waiting.value
    }
  }

  /// Retains the connections that another connector opens.
  private struct Keeping: Connector {
    let connector: SocketPairConnector
    let made = EventLog<NIOLoopBound<TransportConnection>>()

    func connect(
      to address: ConnectAddress, on executor: LoopExecutor, configuration: ConnectionConfiguration, timeout: Duration,
      delegate: any ConnectionDelegate, completion: @escaping Completion
    ) -> Connecting {
      connector.connect(to: address, on: executor, configuration: configuration, timeout: timeout, delegate: delegate) {
        result in
        if case .success(let connection) = result { made.record(NIOLoopBound(connection, eventLoop: executor.loop)) }
        completion(result)
      }
    }
  }

  @Test func `a connection without further stream identifiers is replaced`() async throws {
    let server = ScriptedServer()
    let connector = Keeping(connector: server.connector)
    let channel = RPCChannel(connector: connector, configuration: ChannelConfiguration().patient)
    let first = call(channel, 1)
    let old = try await server.accept()
    _ = try await old.next(.data, on: 1)
    let connection = try await connector.made.next("a connection")
    // Waited for: a call uses its own way onto the loop, and may be there earlier.
    try await connection.eventLoop.submit { (connection.value as? HTTP2Connection)?.skipStreamIDs() }.get()
    let last = call(channel, 2)
    _ = try await old.next(.data, on: 0x7fff_ffff)
    let further = call(channel, 3)
    let new = try await server.accept()
    #expect(try await new.next(.data, on: 1).payload == grpcMessage([3]))
    answer(new, 1)
    _ = try await further.value
    answer(old, 1)
    answer(old, 0x7fff_ffff)
    _ = try await (first.value, last.value)
    await channel.shutdown(grace: .zero)
  }

  @Test func `a request's metadata beyond 128 KiB is RESOURCE_EXHAUSTED, and the connection lives`() async throws {
    try await withScript { channel, server async throws in
      let metadata: Metadata = ["x": .string(String(repeating: "a", count: 131_072))]
      let big = Task { () async throws in
        try await channel.unary(method(.unary), Bytes(), options: CallOptions(metadata: metadata))
      }
      let peer = try await server.accept()
      let error = rpcError(await big.result)
      #expect(error.code == .resourceExhausted && error.message.contains("131072"), "\(error)")
      let small = call(channel, 1)
      _ = try await peer.next(.data, on: 1)
      answer(peer, 1)
      _ = try await small.value
    }
  }
}
