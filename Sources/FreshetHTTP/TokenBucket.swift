// A token bucket: a budget that is spent at once or gradually, and refills with time.
package import NIOCore

/// Holds at most `burst` tokens, the initial number; refilled by `perSecond`, and by earned ones. Inlined, because each
/// frame that is sent earns some.
package struct TokenBucket {
  package let burst: Int
  /// Changed by the bucket alone.
  package var tokens: Int
  @usableFromInline let refillNanoseconds: Int64
  @usableFromInline var refilledAt: NIODeadline?

  package init(burst: Int, perSecond: Int) {
    self.burst = burst
    tokens = burst
    refillNanoseconds = max(1, 1_000_000_000 / Int64(max(1, perSecond)))
  }

  /// - Returns: false if there were fewer, and none is left.
  @inlinable package mutating func take(_ count: Int, now: NIODeadline) -> Bool {
    refill(now)
    let isEnough = tokens >= count
    tokens = max(0, tokens - count)
    return isEnough
  }

  /// The number of tokens.
  package mutating func tokens(at now: NIODeadline) -> Int {
    refill(now)
    return tokens
  }

  @inlinable package mutating func earn(_ count: Int) { tokens = min(burst, tokens + count) }

  @usableFromInline mutating func refill(_ now: NIODeadline) {
    let last = refilledAt ?? now
    let gained = max(0, (now - last).nanoseconds) / refillNanoseconds
    // The remainder counts next time; what exceeds a full bucket is lost.
    refilledAt = last + .nanoseconds(gained * refillNanoseconds)
    earn(Int(min(gained, Int64(burst))))
  }
}
