// The policy that connects to the first address of a target that becomes ready: one pass over all addresses when a
// connection is wanted (grpc-channel.md R29).
import FreshetCore
import FreshetTransport
import Logging
import NIOCore

/// Has the target's endpoints resolved for each pass, and starts attempts as `PickFirstState` decides. When all have
/// failed it backs off, and reconnects only if a call waits. Confined to the channel's loop.
final class PickFirst: LoadBalancer {
  private unowned let host: any LoadBalancerHost
  /// The loop of its connections.
  private let connectionLoop: LoopExecutor
  private var phase = Phase.idle
  private var backoff = Backoff()
  private var randomness = SystemRandomNumberGenerator()
  private var pass = PickFirstState<TransportError>.ended
  private var addresses: [ConnectAddress] = []
  /// The started ones, in the order of their addresses.
  private var subchannels: [Subchannel] = []
  /// For the latest attempt, or the back-off.
  private var timer: Scheduled<Void>?
  /// The error of an attempt that failed while it was being started.
  private var failureAtOnce: TransportError?
  private var isBeginning = false

  private enum Phase {
    /// → connecting, shutDown
    case idle
    /// A pass is running. → ready, backingOff, shutDown
    case connecting
    /// → idle, shutDown
    case ready(Subchannel)
    /// → idle, shutDown
    case backingOff
    /// Final.
    case shutDown
  }

  /// - Parameter connectionLoop: the channel's by default.
  init(_ host: any LoadBalancerHost, on connectionLoop: LoopExecutor? = nil) {
    self.host = host
    self.connectionLoop = connectionLoop ?? host.executor
  }

  // MARK: From the channel

  func exitIdle() {
    assert(host.executor.isCurrent)
    guard case .idle = phase else { return }
    phase = .connecting
    pass = .resolving
    host.publish(.connecting, QueuePicker())
    host.resolve()
  }

  /// Endpoints between two passes are not kept: each pass resolves again.
  func receive(_ endpoints: [Endpoint]) {
    assert(host.executor.isCurrent)
    guard case .connecting = phase, case .resolving = pass else { return }
    addresses = AddressOrder.interleaved(endpoints.flatMap(\.addresses)) { $0.family }
    follow(pass.resolved(addressCount: addresses.count))
  }

  func receive(resolverError error: TransportError) {
    assert(host.executor.isCurrent)
    guard case .connecting = phase, case .resolving = pass else { return }
    pass.lookupFailed()
    backOff(after: .unreachable(host.settings.destination, error))
  }

  func shutDown() {
    assert(host.executor.isCurrent)
    phase = .shutDown
    let running = pass.cancel().map { subchannels[$0] }
    clear()
    for subchannel in running { subchannel.shutDown() }
  }

  // MARK: A pass

  private func timerFired() {
    timer = nil
    follow(pass.timerFired())
  }

  /// A loop, so that attempts that fail immediately (no route) do not recurse.
  private func follow(_ first: PickFirstState<TransportError>.Step) {
    var step = first
    while case .begin(let index, let isLast) = step { step = begin(index, isLast: isLast) }
    guard case .exhausted(let failures) = step else { return }
    let settings = host.settings
    backOff(
      after: .unreachable(
        settings.destination, Array(zip(addresses, failures)), isPlaintext: settings.isPlaintext))
  }

  private func begin(_ index: Int, isLast: Bool) -> PickFirstState<TransportError>.Step {
    timer?.cancel()
    if !isLast { timer = host.executor.schedule(in: host.settings.attemptDelay) { self.timerFired() } }
    let subchannel = host.makeSubchannel(to: addresses[index], on: connectionLoop)
    subchannels.append(subchannel)
    isBeginning = true
    subchannel.connect()
    isBeginning = false
    guard let failure = failureAtOnce.take() else { return .wait }
    return pass.attemptFailed(index, failure)
  }

  func subchannelChanged(_ subchannel: Subchannel) {
    assert(host.executor.isCurrent)
    switch subchannel.state {
    case .ready: attemptReady(subchannel)
    case .transientFailure(let error): attemptFailed(subchannel, error)
    case .idle: lost(subchannel)
    case .connecting, .shutDown: break
    }
  }

  private func attemptFailed(_ subchannel: Subchannel, _ error: TransportError) {
    if isBeginning { return failureAtOnce = error }
    // Searched from the end: thousands may fail at once.
    guard let index = subchannels.lastIndex(where: { $0 === subchannel }) else { return }
    follow(pass.attemptFailed(index, error))
  }

  private func attemptReady(_ subchannel: Subchannel) {
    guard let index = subchannels.lastIndex(where: { $0 === subchannel }),
      case .use(let closing) = pass.attemptReady(index)
    else { return subchannel.shutDown() }
    let others = closing.map { subchannels[$0] }
    clear()
    for other in others { other.shutDown() }
    backoff.reset()
    phase = .ready(subchannel)
    host.publish(.ready, SubchannelPicker(subchannel))
  }

  private func lost(_ subchannel: Subchannel) {
    guard case .ready(let current) = phase, current === subchannel else { return }
    phase = .idle
    subchannel.shutDown()
    host.publish(.idle, QueuePicker())
  }

  // MARK: The back-off

  private func backOff(after error: TransportError) {
    clear()
    phase = .backingOff
    let delay = backoff.next(using: &randomness)
    host.settings.logger.debug("connecting failed", metadata: ["reason": "\(error)", "retryIn": "\(delay)"])
    timer = host.executor.schedule(in: delay) { self.backOffEnded() }
    host.publish(
      .transientFailure,
      FailPicker(RPCError(code: .unavailable, message: "no connection: \(error)", cause: error)))
  }

  private func backOffEnded() {
    timer = nil
    phase = .idle
    host.publish(.idle, QueuePicker())
  }

  private func clear() {
    timer?.cancel()
    timer = nil
    subchannels = []
  }
}
