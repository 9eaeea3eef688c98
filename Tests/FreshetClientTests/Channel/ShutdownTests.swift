// How a channel ends in any state.
import FreshetCore
import FreshetTransport
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import FreshetClient
@testable import FreshetTransport

@Suite(.timeLimit(.minutes(5))) struct ShutdownTests {
  @Test func `the grace period ends even if the task that shuts down was cancelled`() async throws {
    let server = ScriptedServer()
    let channel = RPCChannel(connector: server.connector, configuration: ChannelConfiguration().patient)
    let call = Task { try await channel.unary(method(.unary), Bytes()) }
    let peer = try await server.accept()
    _ = try await peer.next(.headers)
    let shutdown = Task { await channel.shutdown(grace: .milliseconds(20)) }
    shutdown.cancel()
    await shutdown.value
    let error = rpcError(await call.result)
    #expect(error.code == .unavailable && error.message.contains("shut down"), "\(error)")
    try await peer.waitUntilClosed()
  }

  /// Never completes.
  private struct Stuck: Connector {
    let connecting = Signal<Void>()

    func connect(
      to address: ConnectAddress, on executor: LoopExecutor, configuration: ConnectionConfiguration, timeout: Duration,
      delegate: any ConnectionDelegate, completion: @escaping Completion
    ) -> Connecting {
      connecting.set()
      return Connecting()
    }
  }

  @Test func `an attempt to connect is abandoned at once`() async throws {
    let connector = Stuck()
    let channel = RPCChannel(connector: connector)
    let call = Task { try await channel.unary(method(.unary), Bytes(), options: CallOptions(waitForReady: true)) }
    try await connector.connecting.value()
    await channel.shutdown(grace: .seconds(3600))
    let error = rpcError(await call.result)
    #expect(error.code == .unavailable && error.message.contains("shut down"), "\(error)")
  }

  @Test func `C15: after too_many_pings the next connection sends PINGs half as often`() async throws {
    let intervals = Mutex<[Duration?]>([])
    let server = ScriptedServer()
    let connector = Noting(connector: server.connector) { interval in intervals.withLock { $0.append(interval) } }
    var configuration = ChannelConfiguration()
    configuration.connection.keepalive = KeepaliveConfiguration(interval: .seconds(10))
    let channel = RPCChannel(connector: connector, configuration: configuration.patient)
    for _ in 0..<3 {
      let call = Task { try await channel.unary(method(.unary), Bytes()) }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      peer.send(
        .goaway(last: 1, code: 11, debug: "too_many_pings"),
        .headers(1, [("grpc-status", "5"), (":status", "200")].reversed(), endStream: true))
      #expect(rpcError(await call.result).code == .notFound)
    }
    #expect(intervals.withLock { $0 } == [.seconds(10), .seconds(20), .seconds(40)])
    await channel.shutdown(grace: .zero)
  }

  /// Records the keepalive interval of each connection.
  private struct Noting: Connector {
    let connector: SocketPairConnector
    let note: @Sendable (Duration?) -> Void

    func connect(
      to address: ConnectAddress, on executor: LoopExecutor, configuration: ConnectionConfiguration, timeout: Duration,
      delegate: any ConnectionDelegate, completion: @escaping Completion
    ) -> Connecting {
      note(configuration.keepalive?.interval)
      return connector.connect(
        to: address, on: executor, configuration: configuration, timeout: timeout, delegate: delegate,
        completion: completion)
    }
  }
}
