// Counts what burdens a session, and says when it is too much.
import NIOCore

/// Pure bookkeeping of one session; the session has the clock and ends the connection.
///
///   quiet ── half of the budget spent ──▶ strained ── all spent, or a bound passed ──▶ flooded
///     └──────────────────────── a bound passed ────────────────────────────────────────▶┘
struct FloodGuard {
  private enum State {
    /// → strained, flooded
    case quiet
    /// Told once; the peer may calm down. → flooded
    case strained
    /// Final: nothing more of the peer is worked through.
    case flooded(Burden)
  }

  let limits: FloodLimits
  private(set) var counts = BurdenCounts()
  private var state = State.quiet
  private var budget: TokenBucket

  init(_ limits: FloodLimits) {
    self.limits = limits
    budget = TokenBucket(burst: limits.frameBurst, perSecond: limits.framesPerSecond)
  }

  enum OnBurden { case bear, tell, end }

  mutating func receive(_ burden: Burden, now: NIODeadline) -> OnBurden {
    counts[burden] += 1
    if case .flooded = state { return .end }
    if burden.tokens > 0, !budget.take(burden.tokens, now: now) { return end(burden) }
    if case .quiet = state, budget.tokens < budget.burst / 2 {
      state = .strained
      return .tell
    }
    return burden.isTold && counts[burden] == 1 ? .tell : .bear
  }

  /// A bound was passed that is not the budget's.
  @discardableResult mutating func end(_ burden: Burden) -> OnBurden {
    if case .flooded = state { return .end }
    state = .flooded(burden)
    return .end
  }

  /// This side sent a frame that brings the peer on.
  mutating func sendFrame() { budget.earn(limits.framesPerSentFrame) }

  /// What was too much.
  var flood: Burden? {
    if case .flooded(let burden) = state { burden } else { nil }
  }
}
