// As long as for ever, and short enough to be slept.

extension Clock {
  /// A time that is no longer than a hundred years. `ContinuousClock.sleep` traps at an instant that 64 bits of seconds do not
  /// hold, and `.seconds(.max)` is what many write for “without a limit”.
  func slept(_ duration: Duration) -> Duration {
    guard let given = duration as? Swift.Duration else { return duration }
    return min(given, .century) as? Duration ?? duration
  }

  /// An instant that is no further away than a hundred years.
  func slept(until instant: Instant) -> Instant {
    guard let century = Swift.Duration.century as? Duration else { return instant }
    return min(instant, now.advanced(by: century))
  }
}

extension Swift.Duration {
  static var century: Duration { .seconds(100 * 366 * 86_400) }
}
