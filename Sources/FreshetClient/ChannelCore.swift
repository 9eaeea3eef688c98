// The part of a channel that lives on its event loop: it makes connections, and gives calls to them.
import FreshetCore
import FreshetHTTP2
import FreshetTransport
import Logging
import NIOCore

/// Retained by its `Channel`, its connections and its calls.
// SAFETY: mutable state belongs to `executor`'s loop; everything else is immutable.
final class ChannelCore: @unchecked Sendable {
  let options: ChannelOptions
  let executor: LoopExecutor
  @exclusivity(unchecked) private var state = ChannelState<ClientConnection, ClientCall>.idle
  @exclusivity(unchecked) private var backoff = Backoff()
  @exclusivity(unchecked) private var randomness = SystemRandomNumberGenerator()
  @exclusivity(unchecked) private var timer: Scheduled<Void>?
  @exclusivity(unchecked) private var graceTimer: Scheduled<Void>?
  /// Every attempt to connect that has not come to its end: the current one, and older ones whose calls run on.
  @exclusivity(unchecked) private var connections: [ObjectIdentifier: ClientConnection] = [:]
  /// What every new connection is made with; the keepalive's interval grows when a server finds it too short.
  @exclusivity(unchecked) private var configuration: ConnectionConfiguration
  /// The heads of the methods that were called last.
  @exclusivity(unchecked) var plainHeads = PlainHeads()
  @exclusivity(unchecked) var timedHeads = PlainHeads()
  private let allClosed = OneShot<Void>()

  init(_ options: ChannelOptions, on executor: LoopExecutor) {
    self.options = options
    self.executor = executor
    configuration = options.connection
  }

  // MARK: From the calls

  func want(_ call: ClientCall) {
    switch state.want(call) {
    case .open(let attempt): attempt.take(call)
    case .connect: connect(for: [call])
    case .wait: break
    case .fail(let error): call.finish(error)
    }
  }

  func forget(_ call: ClientCall) {
    state.forget(call)
    for attempt in connections.values { attempt.forget(call) }
  }

  // MARK: Connecting

  private func connect(for waiting: [ClientCall]) {
    let connector: any Connector
    switch options.connector {
    case .success(let made): connector = made
    case .failure(let error):
      for call in waiting { call.finish(error) }  // a bad target or TLS configuration stays bad
      return
    }
    let attempt = ClientConnection(self)
    connections[ObjectIdentifier(attempt)] = attempt
    state.connect(attempt, for: waiting)
    attempt.connecting = connector.connect(
      on: executor, configuration: configuration, timeout: options.connectTimeout, delegate: attempt
    ) { result in
      if case .failure(let error) = result { self.closed(attempt, error) }
    }
  }

  func opened(_ attempt: ClientConnection) {
    if case .shutDown = state { attempt.drain() }
  }

  func becameReady(_ attempt: ClientConnection) {
    backoff.reset()
    for call in state.becameReady(attempt) { attempt.take(call) }
  }

  private func failed(_ attempt: ClientConnection, _ error: TransportError) {
    let callError = RPCError(code: .unavailable, message: "no connection: \(error)", cause: error)
    guard case .backOff(let failing) = state.failed(attempt, callError) else { return }
    let delay = backoff.next(using: &randomness)
    options.logger.debug("connecting failed", metadata: ["reason": "\(error)", "retryIn": "\(delay)"])
    timer = executor.schedule(in: delay) { self.backOffEnded() }
    for call in failing { call.finish(callError) }
  }

  private func backOffEnded() {
    if case .connect(let waiting) = state.backOffEnded() { connect(for: waiting) }
  }

  // MARK: From the connections

  func isGoingAway(_ attempt: ClientConnection, _ error: TransportError) {
    if case .goaway(.enhanceYourCalm, "too_many_pings") = error.kind { askLessOften() }
    state.lost(attempt)
    failed(attempt, error)  // if it was not even ready
  }

  func closed(_ attempt: ClientConnection, _ error: TransportError) {
    connections[ObjectIdentifier(attempt)] = nil
    state.lost(attempt)
    failed(attempt, error)
    tellIfAllClosed()
  }

  /// The server finds the keepalive's interval too short (C15).
  private func askLessOften() {
    guard let keepalive = configuration.keepalive else { return }
    configuration.keepalive?.interval = keepalive.interval * 2
    options.logger.warning(
      "the server finds the keepalive PINGs too many; their interval is doubled",
      metadata: ["interval": "\(keepalive.interval * 2)"])
  }

  // MARK: The end

  /// Takes no new calls; the connections close when their calls have ended, or after `grace`, if there is one.
  func shutDown(grace: Duration?) {
    timer?.cancel()
    for call in state.shutDown() { call.finish(.channelIsShutDown) }
    for attempt in Array(connections.values) {
      if attempt.giveUp() { connections[ObjectIdentifier(attempt)] = nil } else { attempt.drain() }
    }
    tellIfAllClosed()
    guard let grace, !connections.isEmpty else { return }
    graceTimer?.cancel()
    graceTimer = executor.schedule(in: grace) { self.closeAll() }
  }

  private func closeAll() {
    for attempt in Array(connections.values) {
      attempt.close(TransportError(.closedByUs, "the channel was shut down"))
    }
  }

  func waitUntilClosed() async { _ = await allClosed.wait() }

  private func tellIfAllClosed() {
    guard case .shutDown = state, connections.isEmpty else { return }
    graceTimer?.cancel()
    allClosed.set(())
  }
}
