// The time, which distinguishes the responses of CacheableUnaryCall.
import Foundation
import Synchronization

/// Thread-safe.
final class StampClock: Sendable {
  private let last = Mutex<Int64>(0)

  /// Nanoseconds since 1970, and more than the previous stamp, however coarse the system's clock is.
  func next() -> Int64 {
    let now = Int64(Date.now.timeIntervalSince1970 * 1e9)
    return last.withLock { last in
      last = max(now, last + 1)
      return last
    }
  }
}
