// The delays after consecutive failures.
import TestSupport
import Testing

@testable import FreshetClient

@Suite struct BackoffTests {
  @Test func `C10: delays grow by 1.6 from one second, with 20 % jitter, to 120 s`() {
    for seed in 0..<50 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var backoff = Backoff()
      var base = 1.0
      for _ in 0..<30 {
        let delay = backoff.next(using: &random) / .seconds(1)
        #expect(delay >= base * 0.8 - 1e-6)
        #expect(delay <= base * 1.2 + 1e-6)
        base = min(base * 1.6, 120)
      }
    }
  }

  @Test func `C10: the jitter goes both ways`() {
    let first = (0..<100 as Range<UInt64>).map { seed in
      var random = SeededRandom(seed: seed), backoff = Backoff()
      return backoff.next(using: &random)
    }
    #expect(first.contains { $0 < .milliseconds(850) })
    #expect(first.contains { $0 > .milliseconds(1_150) })
  }

  @Test func `C10: a ready connection resets the delays`() {
    var random = SeededRandom(seed: 1)
    var backoff = Backoff()
    for _ in 0..<10 { _ = backoff.next(using: &random) }
    backoff.reset()
    #expect(backoff.next(using: &random) <= .milliseconds(1_200))
  }
}
