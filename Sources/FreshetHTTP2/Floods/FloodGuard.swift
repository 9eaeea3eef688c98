// Counts the burdens on a session, and decides when there are too many.
import FreshetHTTP
import NIOCore

/// Pure bookkeeping of one session; the session has the clock and ends the connection.
///
///   quiet ── half of the budget spent ──▶ strained ── all spent, or a bound passed ──▶ flooded
///     └──────────────────────── a bound passed ────────────────────────────────────────▶┘
struct FloodGuard {
  private enum State {
    /// → strained, flooded
    case quiet
    /// Reported once; the peer may calm down. → flooded
    case strained
    /// Final: nothing more from the peer is processed.
    case flooded(Burden, setting: String)
  }

  let limits: FloodLimits
  private(set) var counts = BurdenCounts()
  private var state = State.quiet
  private var budget: TokenBucket
  /// Broken streams are also bounded like resets, since a stream that is answered first earns its cost.
  private var breaks: TokenBucket

  init(_ limits: FloodLimits) {
    self.limits = limits
    breaks = TokenBucket(burst: limits.resetBurst, perSecond: limits.resetsPerSecond)
    budget = TokenBucket(burst: limits.frameBurst, perSecond: limits.framesPerSecond)
  }

  enum OnBurden { case bear, tell, end }

  /// - Parameter tokens: its cost beyond `Burden.tokens`.
  mutating func receive(_ burden: Burden, tokens: Int = 0, now: NIODeadline) -> OnBurden {
    counts[burden] += 1
    if case .flooded = state { return .end }
    let tokens = burden.tokens + tokens
    if tokens > 0, !budget.take(tokens, now: now) { return end(burden, "floods.frameBurst") }
    if burden == .brokenStreams, !breaks.take(1, now: now) { return end(burden, "floods.resetBurst") }
    if case .quiet = state, budget.tokens < budget.burst / 2 {
      state = .strained
      return .tell
    }
    return burden.isTold && counts[burden] == 1 ? .tell : .bear
  }

  /// Counts a burden without cost.
  mutating func note(_ burden: Burden) { counts[burden] += 1 }

  /// A bound was exceeded: that of `setting`.
  @discardableResult mutating func end(_ burden: Burden, _ setting: String) -> OnBurden {
    if case .flooded = state { return .end }
    state = .flooded(burden, setting: setting)
    return .end
  }

  /// This side sent a frame that makes progress.
  mutating func sendFrame() { budget.earn(limits.framesPerSentFrame) }

  /// How much of the budget is spent; for tests.
  var spentTokens: Int { budget.burst - budget.tokens }

  /// The burden that exceeded a bound, and the setting's name.
  var flood: (Burden, setting: String)? {
    if case .flooded(let burden, let setting) = state { (burden, setting) } else { nil }
  }
}
