// The part of a channel that lives on its event loop: it connects its resolver, its policy, its connections and its
// calls.
import FreshetCore
import FreshetHTTP
import FreshetTransport
import Logging
import NIOCore

/// Retained by its `RPCChannel`, its connections and its calls.
// SAFETY: mutable state belongs to `executor`'s loop; everything else is immutable.
final class ChannelCore: LoadBalancerHost, @unchecked Sendable {
  let options: ChannelOptions
  let executor: LoopExecutor
  @exclusivity(unchecked) var mutable: Mutable
  private let allClosed = OneShot<Void>()

  struct Mutable {
    fileprivate var state = ChannelState<ClientCall>()
    fileprivate var parts: Parts?
    /// Every connection that has not ended: those of the policy's subchannels, and older ones with running calls.
    fileprivate var connections: [ObjectIdentifier: SubchannelConnection] = [:]
    /// Waiters for a connection without a call.
    fileprivate var connectionWaiters: [ConnectionWaiter] = []
    /// The settings of new connections; the keepalive interval grows when a server finds it too short.
    fileprivate var configuration: ConnectionConfiguration
    fileprivate var graceTimer: Scheduled<Void>?
    /// The heads of recently called methods.
    var plainHeads = PlainHeads()
    var timedHeads = PlainHeads()

    fileprivate init(_ configuration: ConnectionConfiguration) { self.configuration = configuration }
  }

  /// State of a channel from its first use until it is shut down.
  fileprivate struct Parts {
    let connector: any Connector
    let resolver: ResolverDriver
    let policy: any LoadBalancer
  }

  init(_ options: ChannelOptions, on executor: LoopExecutor) {
    self.options = options
    self.executor = executor
    mutable = Mutable(options.connection)
  }

  // MARK: From the calls

  func want(_ call: ClientCall) {
    assert(executor.isCurrent)
    if let error = makeParts() { return call.finish(error) }
    follow(mutable.state.want(call), call)
  }

  private func follow(_ step: ChannelState<ClientCall>.OnWant, _ call: ClientCall) {
    switch step {
    case .give(let subchannel): give(call, to: subchannel)
    case .wait: break
    case .waitAndExitIdle: mutable.parts?.policy.exitIdle()
    case .fail(let error): call.finish(error)
    }
  }

  private func give(_ call: ClientCall, to subchannel: Subchannel) {
    let picker = mutable.state.pickerNumber
    guard let connection = subchannel.readyConnection else { return want(call, after: picker) }
    if connection.executor !== executor { return call.relay(to: connection, pickedBy: picker) }
    if !connection.take(call) { want(call, after: picker) }
  }

  /// The picker with this number chose a subchannel that takes no more calls.
  func want(_ call: ClientCall, after picker: UInt64) {
    assert(executor.isCurrent)
    follow(mutable.state.wantAgain(call, after: picker), call)
  }

  func forget(_ call: ClientCall) {
    assert(executor.isCurrent)
    mutable.state.forget(call)
    for connection in mutable.connections.values where connection.executor === executor { connection.forget(call) }
  }

  // MARK: Connecting

  typealias ConnectionWaiter = (Result<Void, RPCError>) -> Void

  /// Connects unless there is a connection.
  /// - Parameter completion: called once, when calls can be made or a call would fail.
  func connect(completion: @escaping ConnectionWaiter) {
    assert(executor.isCurrent)
    if let error = makeParts() { return completion(.failure(error)) }
    let step = mutable.state.wantConnection()
    switch step {
    case .ready: completion(.success(()))
    case .fail(let error): completion(.failure(error))
    case .wait, .waitAndExitIdle: mutable.connectionWaiters.append(completion)
    }
    if case .waitAndExitIdle = step { mutable.parts?.policy.exitIdle() }
  }

  private func askConnectionWaiters() {
    if mutable.connectionWaiters.isEmpty { return }
    let waiters = mutable.connectionWaiters
    mutable.connectionWaiters = []
    for waiter in waiters { connect(completion: waiter) }
  }

  /// On first use.
  /// - Returns: why the channel will never connect: a bad target or TLS configuration stays bad.
  private func makeParts() -> RPCError? {
    if mutable.parts != nil || mutable.state.connectivity == .shutDown { return nil }
    switch options.connector {
    case .failure(let error): return error
    case .success(let connector):
      let resolver = ResolverDriver(options.makeResolver, on: executor, timeLimit: options.connectTimeout) {
        [unowned self] in receive($0)
      }
      mutable.parts = Parts(connector: connector, resolver: resolver, policy: options.makePolicy(self))
      return nil
    }
  }

  private func receive(_ found: Resolution) {
    switch found {
    case .success(let endpoints): mutable.parts?.policy.receive(endpoints)
    case .failure(let error): mutable.parts?.policy.receive(resolverError: error)
    }
  }

  // MARK: From the policy

  var settings: LoadBalancerSettings { options.policySettings }

  func publish(_ state: ConnectivityState, _ picker: any Picker) {
    assert(executor.isCurrent)
    for call in mutable.state.publish(state, picker) { want(call) }
    askConnectionWaiters()
  }

  func resolve() {
    assert(executor.isCurrent)
    mutable.parts?.resolver.resolve()
  }

  func makeSubchannel(to address: ConnectAddress, on executor: LoopExecutor) -> Subchannel {
    assert(self.executor.isCurrent)
    return Subchannel(self, to: address, on: executor)
  }

  // MARK: From the subchannels

  func connect(_ connection: SubchannelConnection) {
    assert(executor.isCurrent)
    guard let parts = mutable.parts else { return }  // no policy connects without
    mutable.connections[ObjectIdentifier(connection)] = connection
    connection.connect(by: parts.connector, mutable.configuration, timeout: options.connectTimeout)
  }

  func subchannelChanged(_ subchannel: Subchannel) {
    assert(executor.isCurrent)
    mutable.parts?.policy.subchannelChanged(subchannel)
  }

  /// A connection that was ready takes no more calls.
  func lost(_ error: TransportError) {
    if case .goaway(.enhanceYourCalm, "too_many_pings") = error.kind { askLessOften() }
  }

  /// It has fully ended.
  func ended(_ connection: SubchannelConnection) {
    assert(executor.isCurrent)
    mutable.connections[ObjectIdentifier(connection)] = nil
    tellIfAllClosed()
  }

  /// The server finds the keepalive interval too short (C15).
  private func askLessOften() {
    guard let keepalive = mutable.configuration.keepalive else { return }
    mutable.configuration.keepalive?.interval = keepalive.interval * 2
    options.logger.warning(
      "the server complains of too many keepalive PINGs; the interval is doubled",
      metadata: ["interval": "\(keepalive.interval * 2)"])
  }

  // MARK: The end

  /// Takes no new calls; the connections close when their calls have ended, or after `grace`, if given.
  func shutDown(grace: Duration?) {
    assert(executor.isCurrent)
    let waiting = mutable.state.shutDown()
    let parts = mutable.parts.take()
    parts?.resolver.stop()
    for call in waiting { call.finish(.channelIsShutDown) }
    askConnectionWaiters()
    parts?.policy.shutDown()
    for connection in Array(mutable.connections.values) { connection.drain() }
    tellIfAllClosed()
    guard let grace, !mutable.connections.isEmpty else { return }
    mutable.graceTimer?.cancel()
    mutable.graceTimer = executor.schedule(in: grace) {
      self.closeAll(TransportError(.closedByUs, "the channel was shut down"))
    }
  }

  func closeAll(_ error: TransportError) {
    assert(executor.isCurrent)
    for connection in Array(mutable.connections.values) { connection.close(error) }
  }

  func waitUntilClosed() async { _ = await allClosed.wait() }

  private func tellIfAllClosed() {
    guard mutable.state.connectivity == .shutDown, mutable.connections.isEmpty else { return }
    mutable.graceTimer?.cancel()
    allClosed.set(())
  }
}
