// How long this process has computed.
import Foundation

public enum CPUTime {
  /// The seconds of all its threads, the system's work for them included.
  public static var ofThisProcess: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
  }
}
