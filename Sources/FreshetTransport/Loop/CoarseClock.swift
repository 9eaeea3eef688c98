// A clock that costs almost nothing and is a few milliseconds late.
import CCoarseClock

enum CoarseClock {
  /// Nanoseconds of a monotonic clock; on Linux as of the system's last tick, 1 to 10 ms ago.
  static var now: Int64 { freshet_coarse_nanoseconds() }
}
