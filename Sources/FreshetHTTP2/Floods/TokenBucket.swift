// A budget that is spent at once or little by little, and comes back with time.
package import NIOCore

/// Holds at most `burst` tokens, with which it begins; `perSecond` come back, and what was earned.
package struct TokenBucket {
  package let burst: Int
  package private(set) var tokens: Int
  private let refillNanoseconds: Int64
  private var refilledAt: NIODeadline?

  package init(burst: Int, perSecond: Int) {
    self.burst = burst
    tokens = burst
    refillNanoseconds = max(1, 1_000_000_000 / Int64(max(1, perSecond)))
  }

  /// - Returns: false when there were not so many, and none is left.
  package mutating func take(_ count: Int, now: NIODeadline) -> Bool {
    refill(now)
    let isEnough = tokens >= count
    tokens = max(0, tokens - count)
    return isEnough
  }

  /// How many there are.
  package mutating func tokens(at now: NIODeadline) -> Int {
    refill(now)
    return tokens
  }

  package mutating func earn(_ count: Int) { tokens = min(burst, tokens + count) }

  private mutating func refill(_ now: NIODeadline) {
    let last = refilledAt ?? now
    let gained = max(0, (now - last).nanoseconds) / refillNanoseconds
    // The rest of the division counts the next time; what a full bucket does not take is lost.
    refilledAt = last + .nanoseconds(gained * refillNanoseconds)
    earn(Int(min(gained, Int64(burst))))
  }
}
