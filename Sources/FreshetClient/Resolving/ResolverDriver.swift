// Queries a channel's resolver, one query at a time.
import FreshetTransport
import NIOCore

/// Merges the queries of a policy, and gives up on a resolver that does not answer in time. Confined to the channel's
/// loop.
final class ResolverDriver {
  private let executor: LoopExecutor
  private let timeLimit: Duration
  private let report: (Resolution) -> Void
  /// Has a reference back to this, which `stop` breaks.
  private var resolver: (any Resolver)?
  private var state = State.silent

  private enum State {
    /// No query is pending. → asking, stopped
    case silent
    /// → silent, stopped
    case asking(timer: Scheduled<Void>?)
    /// Final.
    case stopped
  }

  /// - Parameter timeLimit: the time-out of a query.
  init(
    _ make: ResolverFactory, on executor: LoopExecutor, timeLimit: Duration, report: @escaping (Resolution) -> Void
  ) {
    self.executor = executor
    self.timeLimit = timeLimit
    self.report = report
    resolver = make(executor) { [weak self] found in self?.receive(found) }
  }

  /// Starts a query, unless one is pending.
  func resolve() {
    guard case .silent = state else { return }
    state = .asking(timer: nil)
    resolver?.resolve()
    guard case .asking = state else { return }  // answered at once
    state = .asking(timer: executor.schedule(in: timeLimit) { self.timeIsUp() })
  }

  private func receive(_ found: Resolution) {
    switch state {
    case .asking(let timer):
      timer?.cancel()
      state = .silent
    case .silent: break  // the resolver has learnt of a change
    case .stopped: return
    }
    report(found)
  }

  private func timeIsUp() {
    state = .silent
    resolver?.giveUp()
    report(.failure(TransportError(.connect, "the lookup took longer than \(timeLimit) (connectTimeout)")))
  }

  /// Nothing is reported any more.
  func stop() {
    if case .asking(let timer) = state { timer?.cancel() }
    state = .stopped
    resolver?.giveUp()
    resolver = nil
  }
}
