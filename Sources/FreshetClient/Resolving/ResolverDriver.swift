// Asks a channel's resolver, one question at a time.
import FreshetTransport
import NIOCore

/// Joins the questions of a policy, and gives up a resolver that does not answer in time. Confined to the channel's loop.
final class ResolverDriver {
  private let executor: LoopExecutor
  private let timeLimit: Duration
  private let report: (Resolution) -> Void
  /// Made with a way back to this, which `stop` ends.
  private var resolver: (any Resolver)?
  private var state = State.silent

  private enum State {
    /// Nothing was asked, or all was answered. → asking, stopped
    case silent
    /// → silent, stopped
    case asking(timer: Scheduled<Void>?)
    /// Final.
    case stopped
  }

  /// - Parameter timeLimit: how long an answer may take.
  init(
    _ make: ResolverFactory, on executor: LoopExecutor, timeLimit: Duration, report: @escaping (Resolution) -> Void
  ) {
    self.executor = executor
    self.timeLimit = timeLimit
    self.report = report
    resolver = make(executor) { [weak self] found in self?.receive(found) }
  }

  /// Asks, unless an answer is awaited.
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
