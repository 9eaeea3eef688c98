// A budget that is spent at once or little by little, and comes back with time.
import NIOCore

/// Holds at most `burst` tokens, with which it begins; `perSecond` come back, and what was earned.
struct TokenBucket {
  let burst: Int
  private(set) var tokens: Int
  private let refillNanoseconds: Int64
  private var refilledAt: NIODeadline?

  init(burst: Int, perSecond: Int) {
    self.burst = burst
    tokens = burst
    refillNanoseconds = max(1, 1_000_000_000 / Int64(max(1, perSecond)))
  }

  /// - Returns: false when there were not so many, and none is left.
  mutating func take(_ count: Int, now: NIODeadline) -> Bool {
    refill(now)
    let isEnough = tokens >= count
    tokens = max(0, tokens - count)
    return isEnough
  }

  mutating func earn(_ count: Int) { tokens = min(burst, tokens + count) }

  private mutating func refill(_ now: NIODeadline) {
    let last = refilledAt ?? now
    let gained = max(0, (now - last).nanoseconds) / refillNanoseconds
    // The rest of the division counts the next time; what a full bucket does not take is lost.
    refilledAt = last + .nanoseconds(gained * refillNanoseconds)
    earn(Int(min(gained, Int64(burst))))
  }
}
