// Practically forever, and short enough to sleep for.

extension Clock {
  /// A duration of at most a hundred years. `ContinuousClock.sleep` traps at an instant beyond 64 bits of seconds, and
  /// `.seconds(.max)` is commonly used for “no limit”.
  func slept(_ duration: Duration) -> Duration {
    guard let given = duration as? Swift.Duration else { return duration }
    return min(given, .century) as? Duration ?? duration
  }

  /// An instant at most a hundred years away.
  func slept(until instant: Instant) -> Instant {
    guard let century = Swift.Duration.century as? Duration else { return instant }
    return min(instant, now.advanced(by: century))
  }
}

extension Swift.Duration {
  static var century: Duration { .seconds(100 * 366 * 86_400) }
}
