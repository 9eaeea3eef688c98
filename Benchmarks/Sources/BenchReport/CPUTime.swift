// CPU time of this process.
import Foundation

public enum CPUTime {
  /// User and system time of all threads, in seconds.
  public static var ofThisProcess: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
  }
}
