// The part of a channel that lives on its event loop: it makes connections, and gives calls to them.
import FreshetCore
import FreshetHTTP
import FreshetTransport
import Logging
import NIOCore

/// Retained by its `Channel`, its connections and its calls.
// SAFETY: mutable state belongs to `executor`'s loop; everything else is immutable.
final class ChannelCore: @unchecked Sendable {
  let options: ChannelOptions
  let executor: LoopExecutor
  @exclusivity(unchecked) private var state = ChannelState<PickFirst, Subchannel, ClientCall>.idle
  @exclusivity(unchecked) private var backoff = Backoff()
  @exclusivity(unchecked) private var randomness = SystemRandomNumberGenerator()
  @exclusivity(unchecked) private var timer: Scheduled<Void>?
  @exclusivity(unchecked) private var graceTimer: Scheduled<Void>?
  /// Every subchannel that has not come to its end: the current one, attempts to connect, and older ones whose calls run on.
  @exclusivity(unchecked) private var subchannels: [ObjectIdentifier: Subchannel] = [:]
  let nameLookup: NameLookup
  /// Who waits for a connection without a call.
  @exclusivity(unchecked) private var connectionWaiters: [ConnectionWaiter] = []
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
    nameLookup = NameLookup(options.resolve, on: executor)
  }

  // MARK: From the calls

  func want(_ call: ClientCall) {
    switch state.want(call) {
    case .open(let subchannel): subchannel.take(call)
    case .connect: connect(for: [call])
    case .wait: break
    case .fail(let error): call.finish(error)
    }
  }

  func forget(_ call: ClientCall) {
    state.forget(call)
    for subchannel in subchannels.values { subchannel.forget(call) }
  }

  // MARK: Connecting

  typealias ConnectionWaiter = (Result<Void, RPCError>) -> Void

  /// Connects unless there is a connection.
  /// - Parameter completion: called once, when calls can be made or a call would fail.
  func connect(completion: @escaping ConnectionWaiter) {
    switch state.wantConnection() {
    case .ready: completion(.success(()))
    case .fail(let error): completion(.failure(error))
    case .wait: connectionWaiters.append(completion)
    case .connect:
      connectionWaiters.append(completion)
      connect(for: [])
    }
  }

  private func tellConnectionWaiters(_ result: Result<Void, RPCError>) {
    let waiters = connectionWaiters
    connectionWaiters = []
    for waiter in waiters { waiter(result) }
  }

  private func connect(for waiting: [ClientCall]) {
    if case .failure(let error) = options.connector {
      for call in waiting { call.finish(error) }  // a bad target or TLS configuration stays bad
      return tellConnectionWaiters(.failure(error))
    }
    let pass = PickFirst(self)
    state.connect(pass, for: waiting)
    pass.start()
  }

  /// Begins an attempt of the pass that runs.
  func connect(_ subchannel: Subchannel) {
    guard case .success(let connector) = options.connector else { return }  // then no pass began
    subchannels[ObjectIdentifier(subchannel)] = subchannel
    subchannel.connect(by: connector, configuration, timeout: options.connectTimeout)
  }

  func becameReady(_ pass: PickFirst, _ subchannel: Subchannel) {
    backoff.reset()
    for call in state.becameReady(pass, subchannel) { subchannel.take(call) }
    tellConnectionWaiters(.success(()))
  }

  /// No address of the target can be reached.
  func failed(_ pass: PickFirst, _ error: TransportError) {
    let callError = RPCError(code: .unavailable, message: "no connection: \(error)", cause: error)
    guard case .backOff(let failing) = state.failed(pass, callError) else { return }
    let delay = backoff.next(using: &randomness)
    options.logger.debug("connecting failed", metadata: ["reason": "\(error)", "retryIn": "\(delay)"])
    timer = executor.schedule(in: delay) { self.backOffEnded() }
    for call in failing { call.finish(callError) }
    tellConnectionWaiters(.failure(callError))
  }

  private func backOffEnded() {
    if case .connect(let waiting) = state.backOffEnded() { connect(for: waiting) }
  }

  // MARK: From the subchannels

  /// It takes no more calls.
  func lost(_ subchannel: Subchannel, _ error: TransportError) {
    if case .goaway(.enhanceYourCalm, "too_many_pings") = error.kind { askLessOften() }
    state.lost(subchannel)
  }

  /// Nothing is left of it.
  func ended(_ subchannel: Subchannel) {
    subchannels[ObjectIdentifier(subchannel)] = nil
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
    let (waiting, pass) = state.shutDown()
    for call in waiting { call.finish(.channelIsShutDown) }
    tellConnectionWaiters(.failure(.channelIsShutDown))
    pass?.cancel()
    for subchannel in Array(subchannels.values) { subchannel.drain() }
    tellIfAllClosed()
    guard let grace, !subchannels.isEmpty else { return }
    graceTimer?.cancel()
    graceTimer = executor.schedule(in: grace) {
      self.closeAll(TransportError(.closedByUs, "the channel was shut down"))
    }
  }

  func closeAll(_ error: TransportError) {
    for subchannel in Array(subchannels.values) { subchannel.close(error) }
  }

  func waitUntilClosed() async { _ = await allClosed.wait() }

  private func tellIfAllClosed() {
    guard case .shutDown = state, subchannels.isEmpty else { return }
    graceTimer?.cancel()
    allClosed.set(())
  }
}
