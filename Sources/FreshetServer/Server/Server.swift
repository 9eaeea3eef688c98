// A gRPC server: its services, and how they are run.
public import FreshetTLS
public import FreshetTransport
import Logging
import NIOCore
import Synchronization

/// Serves gRPC over HTTP/2, in plaintext (prior knowledge) or with TLS.
///
/// ```swift
/// try await Server(services: [EchoService()]).run(on: .tcp(host: "127.0.0.1", port: 50051))
/// ```
///
/// A server may run on several addresses, sequentially or concurrently; each run ends on its own.
public final class Server: Sendable {
  private let configuration: ServerConfiguration
  private let options: ServerOptions
  /// The connections of socket pairs; those of an address belong to its run.
  let adopted = ConnectionTable()

  /// - Parameters:
  ///   - services: no two of them may have a method with the same path: `run` throws then, and a server that is not
  ///     run, such as an in-process one, logs it and uses the first.
  ///   - interceptors: run around the handler of each call.
  ///   - observers: are notified of each call, including those that no handler sees.
  public init(
    services: [any RPCService], interceptors: [any ServerInterceptor] = [], observers: [any ServerObserver] = [],
    configuration: ServerConfiguration = ServerConfiguration()
  ) {
    self.configuration = configuration
    options = ServerOptions(services, interceptors, configuration, observers: observers)
    if let path = options.router.ambiguousPath {
      options.logger.critical("two services serve the same method", metadata: ["method": "\(path)"])
    }
  }

  /// Listens and serves until the task is cancelled, SIGTERM or SIGINT arrives, or a ServiceLifecycle group shuts down
  /// gracefully. Then it stops listening, refuses new calls, lets running ones finish within `drainTimeout`, ends the
  /// rest with UNAVAILABLE, and returns when their handlers have ended.
  ///
  /// Handlers inherit the task-locals of the calling task. So they can react to their group's graceful shutdown, and
  /// endless ones can end in time (`cancelWhenGracefulShutdown`, `cancelOnGracefulShutdown()`); without a group, use
  /// `ServerContext.waitForDrain`.
  ///
  /// If a ServiceLifecycle group handles signals and a service of your own calls this, set `trapsSignals` to false.
  ///
  /// - Parameters:
  ///   - tls: the server's certificate and key; nil serves plaintext.
  ///   - onReady: called once with the bound address, when clients can connect.
  /// - Throws: `TransportError.invalidSetting` when a setting of `ServerConfiguration` or the port is out of range, or
  ///   two services serve the same method; `TransportError.bind` when the address cannot be listened on; `TLSError`
  ///   when the certificate or key cannot be used. A listening socket that breaks is replaced; `TransportError.accept`
  ///   or `.bind` if that fails, after the server has drained as if it had been stopped.
  public func run(
    on address: ListenAddress, tls: TLSConfiguration? = nil,
    onReady: @Sendable (BoundAddress) -> Void = { _ in }
  ) async throws {
    try await run(on: address, tls: tls, StopSignal(trapsSignals: configuration.trapsSignals), onReady)
  }

  func run(
    on address: ListenAddress, tls: TLSConfiguration?, _ stop: StopSignal, _ onReady: @Sendable (BoundAddress) -> Void
  ) async throws {
    try configuration.validate()
    if let path = options.router.ambiguousPath {
      throw TransportError(.invalidSetting, "two services serve the method \(path)")
    }
    let carriers = configuration.carriers(tls != nil)
    let context = try tls.map { tls throws(TLSError) in
      try TLSContext(tls, protocols: carriers.map(\.name))
    }
    let taskSources = TaskSources(for: configuration.eventLoopGroup)
    defer { taskSources.end() }
    let table = ConnectionTable(taskSources)
    let listener = try await Listener.bind(
      to: address, group: configuration.eventLoopGroup, tls: context, carriers: carriers,
      configuration: options.connection,
      makeDelegate: makeDelegate(table), onFailure: logFailure, onAcceptEvent: logAccepting)
    options.logger.info("listening", metadata: ["address": "\(listener.address)", "tls": "\(tls != nil)"])
    onReady(listener.address)
    let loss = await stop.wait(orEndOf: listener)
    await drain(table, cutShortBy: stop)
    options.logger.info("stopped", metadata: ["address": "\(listener.address)"])
    if let loss { throw loss }
  }

  /// Serves one end of a socket pair; used by the in-process channel. The server takes ownership of the socket.
  public func serve(connectedSocket socket: CInt) { serve(connectedSocket: socket, clock: nil) }

  /// - Parameter clock: measures the deadlines of the connection's calls; the connection is then on its event loop.
  package func serve(connectedSocket socket: CInt, clock: CallClock?) {
    Listener.adopt(
      socket: socket, group: clock?.eventLoopGroup ?? configuration.eventLoopGroup, configuration: options.connection,
      makeDelegate: makeDelegate(adopted, clock), onFailure: logFailure)
  }

  /// Drains the connections of socket pairs, for good: refuses new calls at once, ends running ones with UNAVAILABLE
  /// after `drainTimeout`. Returns when every handler has ended, even if the calling task is cancelled.
  public func drain() async { await drain(adopted, cutShortBy: nil) }

  private func drain(_ table: ConnectionTable, cutShortBy stop: StopSignal?) async {
    table.startDraining()
    let waiting = table.all.count
    if waiting > 0 {
      options.logger.info(
        "draining", metadata: ["connections": "\(waiting)", "drainTimeout": "\(configuration.drainTimeout)"])
    }
    for connection in table.all { connection.drain() }
    let drainTimeout = configuration.drainTimeout
    await withTaskGroup { group in
      group.addTask {
        await table.waitUntilEmpty()
        return true
      }
      // An unstructured task, since the drain must take its time even in a cancelled task; it is awaited below.
      let timer = Task { await Self.wait(drainTimeout, or: stop) }
      group.addTask {
        await timer.value
        return false
      }
      if await group.next() == false {
        for connection in table.all { connection.cutShort() }
        let reminder = Task { await self.complain(about: table) }
        _ = await group.next()
        reminder.cancel()
        await reminder.value
      }
      timer.cancel()
    }
  }

  /// Logs that handlers continue although their tasks were cancelled: the drain cannot end before they do.
  private func complain(about table: ConnectionTable) async {
    do { try await Task.sleep(for: .seconds(5)) } catch { return }
    options.logger.error(
      "handlers ignore their cancellation, so the server cannot stop", metadata: ["connections": "\(table.all.count)"])
  }

  /// Waits for the time-out, for another signal, or for cancellation.
  private static func wait(_ timeout: Duration, or stop: StopSignal?) async {
    await withTaskGroup { group in
      // The clock traps at an instant beyond 64 bits of seconds.
      group.addTask { try? await Task.sleep(for: min(timeout, .seconds(1 << 32))) }
      if let stop, stop.trapsSignals { group.addTask { await stop.waitForSignal() } }
      await group.next()
      group.cancelAll()
    }
  }

  private func makeDelegate(_ table: ConnectionTable, _ clock: CallClock? = nil) -> Listener.MakeDelegate {
    { [options] executor in ServerConnection(options, executor, table, clock: clock) }
  }

  private var logFailure: Listener.OnFailure {
    { [options, group = configuration.eventLoopGroup] error in
      options.log.write(
        .failed, level: .warning, peer: nil, on: LoopExecutor.of(group.any()), metadata: ["reason": "\(error)"])
    }
  }

  private var logAccepting: Listener.OnAcceptEvent {
    { [options] event in
      switch event {
      case .failing(let address, let error):
        options.logger.error(
          "connections cannot be accepted; this is retried until it works",
          metadata: ["address": "\(address)", "reason": "\(error)"])
      case .recovered(let address, let failures, let time):
        options.logger.notice(
          "connections are accepted again",
          metadata: ["address": "\(address)", "failures": "\(failures)", "after": "\(time)"])
      }
    }
  }
}
