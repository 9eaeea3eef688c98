// Connects to the first address of a target that becomes ready: one pass over all of them.
import FreshetTransport
import NIOCore

/// Finds the target's addresses, and begins an attempt at each as `PickFirstState` says. Belongs to its channel's core until
/// it has told it a subchannel that is ready, or that there is none. Confined to the channel's loop.
final class PickFirst {
  private let core: ChannelCore
  @exclusivity(unchecked) private var state = PickFirstState<TransportError>.resolving
  @exclusivity(unchecked) private var addresses: [ConnectAddress] = []
  /// Those that were begun, in the order of their addresses.
  @exclusivity(unchecked) private var subchannels: [Subchannel] = []
  /// Of the lookup, then of the latest attempt.
  @exclusivity(unchecked) private var timer: Scheduled<Void>?
  /// What an attempt came to before it had properly begun.
  @exclusivity(unchecked) private var failureAtOnce: TransportError?
  @exclusivity(unchecked) private var isBeginning = false

  init(_ core: ChannelCore) { self.core = core }

  // MARK: From the channel

  func start() {
    switch core.options.destination {
    case .addresses(let addresses): resolved(addresses)
    case .name(let host, let port):
      setTimer(after: core.options.connectTimeout)
      core.nameLookup.start(host: host, port: port) { result in
        switch result {
        case .success(let addresses): self.resolved(addresses)
        case .failure(let error): self.lookupFailed(error)
        }
      }
    }
  }

  /// Gives up what runs.
  func cancel() {
    let running = state.cancel().map { subchannels[$0] }
    clear()
    for subchannel in running { subchannel.giveUp() }
  }

  // MARK: Addresses

  private func resolved(_ addresses: [ConnectAddress]) {
    self.addresses = AddressOrder.interleaved(addresses) { $0.family }
    follow(state.resolved(addressCount: self.addresses.count))
  }

  private func lookupFailed(_ error: TransportError) {
    state.lookupFailed()
    end(with: .unreachable(core.options.destination, error))
  }

  private func timerFired() {
    timer = nil
    follow(state.timerFired())
  }

  /// A loop, since attempts that fail at once, for want of a route, must not pile up on the stack.
  private func follow(_ first: PickFirstState<TransportError>.Step) {
    var step = first
    while case .begin(let index, let isLast) = step { step = begin(index, isLast: isLast) }
    switch step {
    case .exhausted(let failures):
      let failures = Array(zip(addresses, failures))
      end(with: .unreachable(core.options.destination, failures, isPlaintext: core.options.isPlaintext))
    case .lookupTookTooLong:
      let limit = core.options.connectTimeout
      end(
        with: .unreachable(
          core.options.destination, TransportError(.connect, "the lookup took longer than \(limit) (connectTimeout)")))
    case .wait, .begin: break
    }
  }

  private func begin(_ index: Int, isLast: Bool) -> PickFirstState<TransportError>.Step {
    if isLast { timer?.cancel() } else { setTimer(after: core.options.attemptDelay) }
    let subchannel = Subchannel(core, to: addresses[index], attemptOf: self, index)
    subchannels.append(subchannel)
    isBeginning = true
    core.connect(subchannel)
    isBeginning = false
    guard let failure = failureAtOnce.take() else { return .wait }
    return state.attemptFailed(index, failure)
  }

  // MARK: From the attempts

  func attemptFailed(_ index: Int, _ error: TransportError) {
    if isBeginning { failureAtOnce = error } else { follow(state.attemptFailed(index, error)) }
  }

  func attemptReady(_ index: Int, _ subchannel: Subchannel) {
    switch state.attemptReady(index) {
    case .use(let closing):
      let others = closing.map { subchannels[$0] }
      clear()
      for other in others { other.giveUp() }
      core.becameReady(self, subchannel)
    case .close: subchannel.giveUp()
    }
  }

  // MARK: The end

  private func end(with error: TransportError) {
    clear()
    core.failed(self, error)
  }

  private func clear() {
    timer?.cancel()
    timer = nil
    core.nameLookup.giveUp()
    subchannels = []
  }

  private func setTimer(after delay: Duration) {
    timer?.cancel()
    timer = core.executor.schedule(in: delay) { self.timerFired() }
  }
}
