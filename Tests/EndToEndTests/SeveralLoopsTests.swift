// A channel whose connections are on two loops, one of them the channel's: all kinds of calls, under load.
@testable import FreshetClient
import Freshet
import FreshetTransport
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct SeveralLoopsTests {

  /// Connects to each endpoint on each loop, and alternates calls.
  private final class Alternating: LoadBalancer {
    private unowned let host: any LoadBalancerHost
    private let loops: [LoopExecutor]
    private var subchannels: [Subchannel] = []

    init(_ host: any LoadBalancerHost, on loops: [LoopExecutor]) {
      self.host = host
      self.loops = loops
    }

    func exitIdle() { host.resolve() }

    func receive(_ endpoints: [Endpoint]) {
      for loop in loops { subchannels += endpoints.map { host.makeSubchannel(to: $0.addresses[0], on: loop) } }
      host.publish(.connecting, QueuePicker())
      for subchannel in subchannels { subchannel.connect() }
    }

    func receive(resolverError: TransportError) { Issue.record("\(resolverError)") }

    func subchannelChanged(_ subchannel: Subchannel) {
      switch subchannel.state {
      case .idle, .transientFailure: subchannel.connect()
      default: break
      }
      let ready = subchannels.filter { if case .ready = $0.state { true } else { false } }
      host.publish(ready.isEmpty ? .connecting : .ready, ready.isEmpty ? QueuePicker() : TurnPicker(ready))
    }

    func shutDown() { for subchannel in subchannels { subchannel.shutDown() } }
  }

  private final class TurnPicker: Picker {
    private let subchannels: [Subchannel]
    private let next = Atomic(0)
    init(_ subchannels: [Subchannel]) { self.subchannels = subchannels }
    func pick(_ call: ClientCallRequest) -> PickResult {
      .complete(subchannels[next.add(1, ordering: .relaxed).oldValue % subchannels.count])
    }
  }

  private func channel(_ port: Int) throws -> RPCChannel {
    let endpoint = Endpoint([.ip(try SocketAddress(ipAddress: "127.0.0.1", port: port))])
    let group = MultiThreadedEventLoopGroup.singleton
    return RPCChannel(
      connector: SocketConnector(tls: nil, serverName: nil),
      resolver: { _, report in FixedResolver([endpoint], report: report) },
      policy: { host in
        var other = LoopExecutor.of(group.next())
        while other === host.executor { other = LoopExecutor.of(group.next()) }
        return Alternating(host, on: [host.executor, other])
      })
  }

  private func withBoth(_ service: BytesService, _ body: (RPCChannel) async throws -> Void) async throws {
    try await withServer([service]) { address in try await withChannel(try channel(address.port)) { try await body($0) }
    }
  }

  /// Runs `body` for each number, `atOnce` concurrently.
  private func each(_ count: Int, atOnce: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<atOnce {
        group.addTask { for number in stride(from: worker, to: count, by: atOnce) { try await body(number) } }
      }
      try await group.waitForAll()
    }
  }

  @Test func `unary calls of any size get their own answers`() async throws {
    try await withBoth(BytesService(unary: { request, _ in request })) { channel in
      try await each(2_000, atOnce: 64) { number in
        let request = ByteBuffer.patterned(number, count: number.isMultiple(of: 40) ? 300_000 : 16)
        let answer = try await channel.unary(BytesService.unary, request).message
        #expect(answer == request)
      }
    }
  }

  @Test func `streams in both directions keep their order, whatever the sizes`() async throws {
    let echo = BytesService(bidirectional: { requests, _ in
      AsyncGenerator { yield in for try await request in requests { try await yield(request) } }
    })
    try await withBoth(echo) { channel in
      try await each(40, atOnce: 8) { call in
        let count = 200
        let requests = AsyncGenerator<ByteBuffer, any Error> { yield in
          for number in 0..<count {
            try await yield(.patterned(number, count: (number + call).isMultiple(of: 50) ? 100_000 : 8 + number))
          }
        }
        var next = 0
        for try await response in channel.bidirectional(BytesService.bidirectional, requests) {
          #expect(response.number == next)
          next += 1
        }
        #expect(next == count)
      }
    }
  }

  @Test func `ping-pong turns, sent step by step from anywhere, never stall`() async throws {
    let echo = BytesService(bidirectional: { requests, _ in
      AsyncGenerator { yield in for try await request in requests { try await yield(request) } }
    })
    try await withBoth(echo) { channel in
      try await each(16, atOnce: 16) { _ in
        let call = channel.bidirectional(BytesService.bidirectional)
        var responses = call.responses.makeAsyncIterator()
        for number in 0..<200 {
          try await call.send(.patterned(number, count: 8))
          let response = try await responses.next()
          #expect(response?.number == number)
        }
        call.finish()
        let end = try await responses.next()
        #expect(end == nil)
      }
    }
  }

  @Test func `a deadline and a cancellation reach the server`() async throws {
    let running = Atomic(0), ended = Atomic(0)
    let service = BytesService(unary: { request, _ in
      running.add(1, ordering: .relaxed)
      defer { ended.add(1, ordering: .relaxed) }
      try await Signal<Void>().value()
      return request
    })
    try await withBoth(service) { channel in
      try await each(40, atOnce: 40) { number in
        if number.isMultiple(of: 2) {
          let options = CallOptions(timeout: .milliseconds(300))
          let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer(), options: options) }
          #expect(error.code == .deadlineExceeded)
        } else {
          let call = Task { try await channel.unary(BytesService.unary, ByteBuffer()) }
          #expect(await eventually { running.load(ordering: .relaxed) >= 10 })
          call.cancel()
          let error = await rpcError { try await call.value }
          #expect(error.code == .cancelled)
        }
      }
      #expect(await eventually { ended.load(ordering: .relaxed) == running.load(ordering: .relaxed) })
    }
  }

  @Test func `an endless producer waits for a stopped reader, on either side`() async throws {
    let produced = Atomic(0), sent = Atomic(0)
    let service = BytesService(
      serverStreaming: { _, _ in
        AsyncGenerator { yield in
          for number in 1... {
            produced.add(1, ordering: .relaxed)
            try await yield(.patterned(number, count: 64 * 1024))
          }
        }
      },
      clientStreaming: { _, _ in
        try await Signal<Void>().value()
        return ByteBuffer()
      })
    try await withBoth(service) { channel in
      for _ in 0..<2 {
        produced.store(0, ordering: .relaxed)
        var responses = channel.serverStreaming(BytesService.serverStreaming, ByteBuffer()).makeAsyncIterator()
        for number in 1...100 { #expect(try await responses.next()?.number == number) }
        try await expectStopped(produced)
        sent.store(0, ordering: .relaxed)
        let requests = AsyncGenerator<ByteBuffer, any Error> { yield in
          while true { try await yield(.patterned(sent.add(1, ordering: .relaxed).newValue, count: 64 * 1024)) }
        }
        let call = Task { try await channel.clientStreaming(BytesService.clientStreaming, requests) }
        #expect(await eventually { sent.load(ordering: .relaxed) > 0 })
        try await expectStopped(sent)
        call.cancel()
        _ = await call.result
      }
    }
  }

  /// Far below what an unlimited producer makes.
  private func expectStopped(_ count: borrowing Atomic<Int>) async throws {
    var last = -1
    let stops = await eventually {
      defer { last = count.load(ordering: .relaxed) }
      return count.load(ordering: .relaxed) == last
    }
    #expect(stops)
    #expect(count.load(ordering: .relaxed) < 28 * 1024 * 1024 / (64 * 1024))
  }

  @Test func `calls continue while the server closes its connections, and each has one outcome`() async throws {
    var configuration = ServerConfiguration()
    configuration.connection.http2.maxConcurrentStreams = 8
    let service = BytesService(unary: { request, _ in request })
    try await withServer([service], configuration: configuration) { address in
      try await withChannel(try channel(address.port)) { channel in
        try await each(600, atOnce: 48) { number in
          if number.isMultiple(of: 100) {
            await channel.core.executor.call { [core = channel.core] in
              core.closeAll(TransportError(.socket, "lost"))
            }
          }
          let request = ByteBuffer.patterned(number, count: 16)
          let options = CallOptions(waitForReady: true)
          do throws(RPCError) {
            let answer = try await channel.unary(BytesService.unary, request, options: options).message
            #expect(answer == request)
          } catch {
            #expect(error.code == .unavailable, "\(error)")
          }
        }
      }
    }
  }
}
