// A pass over addresses, with the outcome of attempts controlled by the test.
import FreshetCore
import FreshetTransport
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FreshetClient

@Suite(.timeLimit(.minutes(5))) struct PickFirstTests {
  private func channel(
    _ connector: some Connector, _ addresses: Int, _ configuration: ChannelConfiguration = ChannelConfiguration()
  ) throws -> RPCChannel {
    let list = try (0..<addresses).map { ConnectAddress.ip(try SocketAddress(ipAddress: "127.0.0.1", port: $0)) }
    let options = FreshetClient.ChannelOptions(
      connector: .success(connector), destination: .addresses(list), authority: "x", scheme: "http", interceptors: [],
      configuration: configuration.patient)
    return RPCChannel(
      FreshetClient.ChannelCore(options, on: LoopExecutor.of(configuration.eventLoopGroup.next())))
  }

  /// Fails at once, without a socket.
  private final class Failing: Connector {
    let tried = EventLog<ConnectAddress>()

    func connect(
      to address: ConnectAddress, on executor: LoopExecutor, configuration: ConnectionConfiguration, timeout: Duration,
      delegate: any ConnectionDelegate, completion: @escaping Completion
    ) -> Connecting {
      tried.record(address)
      completion(.failure(TransportError(.connect, "no route")))
      return Connecting()
    }
  }

  @Test func `R29: thousands of immediately failing addresses are tried in order, without recursion`()
    async throws
  {
    let connector = Failing()
    let channel = try channel(connector, 20_000)
    let error = rpcError(await Task { try await channel.unary(method(.unary), Bytes()) }.result)
    #expect(error.code == .unavailable)
    #expect(
      error.message.hasPrefix("no connection: cannot connect to any of 20000 addresses: ipv4:127.0.0.1:0: no route; "))
    #expect(connector.tried.untaken.map(\.description) == (0..<20_000).map { "ipv4:127.0.0.1:\($0)" })
    await channel.shutdown()
  }

  /// Keeps its completions, and opens the connection only when the test says so, even if cancelled.
  private final class Deaf: Connector {
    let inner: SocketPairConnector
    let begun = EventLog<NIOLoopBound<() -> Void>>()
    init(_ inner: SocketPairConnector) { self.inner = inner }

    func connect(
      to address: ConnectAddress, on executor: LoopExecutor, configuration: ConnectionConfiguration, timeout: Duration,
      delegate: any ConnectionDelegate, completion: @escaping Completion
    ) -> Connecting {
      let connect = { [inner] in
        _ = inner.connect(
          to: address, on: executor, configuration: configuration, timeout: timeout, delegate: delegate,
          completion: completion)
      }
      begun.record(NIOLoopBound(connect, eventLoop: executor.loop))
      return Connecting()
    }
  }

  /// The server's end may be closed before it exists.
  private func expectClosed(_ server: ScriptedServer) async throws {
    do { try await server.acceptSilent().waitUntilClosed() } catch ChannelError.ioOnClosedChannel {}
  }

  @Test func `a connection made after its attempt was cancelled is closed at once`() async throws {
    let server = ScriptedServer()
    let connector = Deaf(server.connector)
    let channel = try channel(connector, 1)
    let call = Task { try await channel.unary(method(.unary), Bytes()) }
    let connect = try await connector.begun.next("an attempt")
    await channel.shutdown()
    #expect(rpcError(await call.result).message.contains("shut down"))
    try await connect.eventLoop.submit { connect.value() }.get()
    try await expectClosed(server)
  }

  @Test func `a losing attempt that still connects is closed, and the winner serves`() async throws {
    let server = ScriptedServer()
    let connector = Deaf(server.connector)
    var configuration = ChannelConfiguration()
    configuration.connectionAttemptDelay = .zero  // becomes 100 ms
    let channel = try channel(connector, 2, configuration)
    let call = Task { try await channel.unary(method(.unary), Bytes()) }
    let slow = try await connector.begun.next("an attempt"), fast = try await connector.begun.next("another")
    try await fast.eventLoop.submit { fast.value() }.get()
    let peer = try await server.accept()
    _ = try await peer.next(.headers)
    try await slow.eventLoop.submit { slow.value() }.get()
    try await expectClosed(server)
    #expect(!peer.isClosed)
    peer.close()
    #expect(rpcError(await call.result).code == .unavailable)
    await channel.shutdown()
  }

  // MARK: Without a call

  @Test func `a channel connects without a call, once, and resumes all waiters`() async throws {
    let server = ScriptedServer()
    let channel = try channel(server.connector, 1)
    async let first: Void = channel.connect()
    async let second: Void = channel.connect()
    let peer = try await server.accept()
    try await first
    try await second
    try await channel.connect()
    let call = Task { try await channel.unary(method(.unary), Bytes()) }
    _ = try await peer.next(.headers)
    peer.close()
    _ = await call.result
    await channel.shutdown()
    let error = await #expect(throws: RPCError.self) { try await channel.connect() }
    #expect(error?.message.contains("shut down") == true)
  }

  @Test func `a waiter for a connection gets a call's error, and ends with a shutdown or its own cancellation`()
    async throws
  {
    let failing = try channel(Failing(), 1)
    let error = await #expect(throws: RPCError.self) { try await failing.connect() }
    #expect(error?.message.contains("no route") == true)
    let next = await #expect(throws: RPCError.self) { try await failing.connect() }
    #expect(next?.message == error?.message)
    await failing.shutdown()

    let server = ScriptedServer()
    let silent = try channel(server.connector, 1)
    let waiting = Task { () async -> RPCError? in
      do throws(RPCError) { try await silent.connect() } catch { return error }
      return nil
    }
    _ = try await server.acceptSilent()
    let cancelled = Task { () async -> RPCError? in
      do throws(RPCError) { try await silent.connect() } catch { return error }
      return nil
    }
    cancelled.cancel()
    #expect(await cancelled.value == nil)
    await silent.shutdown()
    #expect(await waiting.value?.message.contains("shut down") == true)
  }
}
