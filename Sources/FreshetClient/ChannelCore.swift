// The part of a channel that lives on its event loop: it makes connections, and gives calls to them.
import FreshetCore
import FreshetTransport
import Logging
import NIOCore

/// Retained by its `Channel`, its connections and its calls.
final class ChannelCore: @unchecked Sendable {
  // SAFETY: mutable state belongs to `executor`'s loop; everything else is immutable.

  let options: ChannelOptions
  let executor: LoopExecutor
  private var state = ChannelState<ClientConnection, ClientCall>.idle
  private var backoff = Backoff()
  private var randomness = SystemRandomNumberGenerator()
  private var timer: Scheduled<Void>?
  /// Every connection that was opened and is not closed: the current one, and older ones whose calls run to their end.
  private var connections: [ObjectIdentifier: ClientConnection] = [:]
  private let allClosed = OneShot<Void>()

  init(_ options: ChannelOptions, on executor: LoopExecutor) {
    self.options = options
    self.executor = executor
  }

  // MARK: From the calls

  func want(_ call: ClientCall) {
    switch state.want(call) {
    case .open(let attempt): open(call, attempt)
    case .connect: connect(for: [call])
    case .wait: break
    case .fail(let error): call.finish(error)
    }
  }

  func forget(_ call: ClientCall) { state.forget(call) }

  private func open(_ call: ClientCall, _ attempt: ClientConnection) {
    guard let connection = attempt.connection else { preconditionFailure("a ready channel without its connection") }
    call.open(on: connection)
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
    state.connect(attempt, for: waiting)
    connector.connect(
      on: executor, configuration: options.connection, timeout: options.connectTimeout, delegate: attempt
    ) { result in
      if case .failure(let error) = result { self.failed(attempt, error) }
    }
  }

  func opened(_ attempt: ClientConnection) {
    connections[ObjectIdentifier(attempt)] = attempt
    if case .shutDown = state { attempt.connection?.drainAndClose() }
  }

  func becameReady(_ attempt: ClientConnection) {
    backoff.reset()
    for call in state.becameReady(attempt) { open(call, attempt) }
  }

  private func failed(_ attempt: ClientConnection, _ error: TransportError) {
    let callError = RPCError(code: .unavailable, message: "no connection: \(error)", cause: error)
    guard case .backOff(let failing) = state.failed(attempt, callError) else { return }
    let delay = backoff.next(using: &randomness)
    options.logger.debug("connecting failed", metadata: ["reason": "\(error)", "retryIn": "\(delay)"])
    timer = executor.loop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { self.backOffEnded() }
    for call in failing { call.finish(callError) }
  }

  private func backOffEnded() {
    if case .connect(let waiting) = state.backOffEnded() { connect(for: waiting) }
  }

  // MARK: From the connections

  func isGoingAway(_ attempt: ClientConnection, _ error: TransportError) {
    state.lost(attempt)
    failed(attempt, error)  // if it was not even ready
  }

  func closed(_ attempt: ClientConnection, _ error: TransportError) {
    connections[ObjectIdentifier(attempt)] = nil
    state.lost(attempt)
    failed(attempt, error)
    tellIfAllClosed()
  }

  // MARK: The end

  /// Takes no new calls; the connections close when their calls have ended.
  func shutDown() {
    timer?.cancel()
    for call in state.shutDown() { call.finish(.channelIsShutDown) }
    for attempt in connections.values { attempt.connection?.drainAndClose() }
    tellIfAllClosed()
  }

  /// Ends the calls that still run, and returns when everything is closed.
  func closeAll() {
    for attempt in Array(connections.values) {
      attempt.connection?.close(TransportError(.closedByUs, "the channel was shut down"))
    }
  }

  func waitUntilClosed() async { _ = await allClosed.wait() }

  private func tellIfAllClosed() {
    if case .shutDown = state, connections.isEmpty { allClosed.set(()) }
  }
}
