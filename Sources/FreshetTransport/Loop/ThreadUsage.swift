// Distinguishes work that blocks its thread from a thread that the system does not schedule.
import CCoarseClock

/// The calling thread's resource usage, as far as the system reports it.
struct ThreadUsage {
  private var nanoseconds: Int64 = 0
  private var waits: Int64 = 0
  private let isKnown: Bool

  /// Now; a system call.
  init() { isKnown = freshet_thread_usage(&nanoseconds, &waits) != 0 }

  /// Whether the thread has computed for this long since then, or slept in the kernel; false if others had the
  /// processors. True if the system does not report it.
  func showsWork(of time: Int64, since earlier: ThreadUsage) -> Bool {
    if !isKnown || !earlier.isKnown { return true }
    return nanoseconds - earlier.nanoseconds >= time || waits > earlier.waits
  }
}
