// A thread's resource usage.
import Testing

@testable import FreshetTransport

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct ThreadUsageTests {
  @Test func `a thread that sleeps in the kernel has worked, and so has one that computes`() {
    let before = ThreadUsage()
    usleep(1_000)
    #expect(ThreadUsage().showsWork(of: 1_000_000_000, since: before))
    let later = ThreadUsage()
    var sum: UInt64 = 0
    while !ThreadUsage().showsWork(of: 5_000_000, since: later) {
      for number in 0..<1_000 as Range<UInt64> { sum &+= number }
    }
    #expect(sum > 0)
  }
}
