// Tells work that holds its thread from a thread that the system does not let run.
import CCoarseClock

/// What the calling thread has used, as far as the system tells.
struct ThreadUsage {
  private var nanoseconds: Int64 = 0
  private var waits: Int64 = 0
  private let isKnown: Bool

  /// Now; a system call.
  init() { isKnown = freshet_thread_usage(&nanoseconds, &waits) != 0 }

  /// Whether the thread has computed for so long since then, or waited for something in the system; not if others had the
  /// processors. True where the system does not tell.
  func showsWork(of time: Int64, since earlier: ThreadUsage) -> Bool {
    if !isKnown || !earlier.isKnown { return true }
    return nanoseconds - earlier.nanoseconds >= time || waits > earlier.waits
  }
}
