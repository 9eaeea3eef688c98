// When to retry a stream that failed.

/// How long to wait before each attempt, and when to give up.
public struct RetrySchedule: Sendable {
  /// The wait before the n-th consecutive attempt, counted from 1; `nil` gives up.
  public typealias Delay = @Sendable (_ attempt: Int) -> Duration?

  let delay: Delay

  /// A custom schedule.
  public init(_ delay: @escaping Delay) { self.delay = delay }

  /// This many attempts with the same wait before each.
  public static func constant(_ delay: Duration, attempts: Int) -> RetrySchedule {
    RetrySchedule { $0 <= attempts ? delay : nil }
  }

  /// Waits that grow by a factor up to a ceiling.
  ///
  /// - Parameters:
  ///   - first: the wait before the first attempt.
  ///   - factor: the ratio of each wait to the previous one.
  ///   - ceiling: the longest wait.
  ///   - attempts: how many attempts there are before giving up.
  ///   - jitter: each wait is randomly changed by up to this fraction of it, so that clients which failed together do
  ///     not come back together: 0.2 gives 80 % to 120 % of it. At most 1.
  public static func exponential(
    first: Duration, factor: Double = 2, ceiling: Duration = .seconds(60), attempts: Int = .max, jitter: Double = 0.2
  ) -> RetrySchedule {
    let jitter = jitter > 0 ? min(jitter, 1) : 0
    return RetrySchedule { attempt in
      guard attempt <= attempts else { return nil }
      // Not a power: it would overflow long before the attempts are used up.
      var delay = min(first, ceiling)
      var grown = 1
      while delay > .zero, grown < attempt, delay < ceiling, factor != 1 {
        // Compared as a fraction of the ceiling, since a duration may overflow.
        delay = (delay / ceiling) * factor < 1 ? delay * max(factor, 0) : ceiling
        grown += 1
      }
      return delay * (1 + Double.random(in: -jitter...jitter))
    }
  }
}
