// Spending and refilling a budget.
import FreshetHTTP
import NIOCore
import Testing

/// A bucket behind a reference, since `#expect` cannot call mutating methods.
private final class Held {
  private var bucket: TokenBucket
  init(burst: Int, perSecond: Int) { bucket = TokenBucket(burst: burst, perSecond: perSecond) }
  var tokens: Int { bucket.tokens }
  func take(_ count: Int, now: NIODeadline) -> Bool { bucket.take(count, now: now) }
  func earn(_ count: Int) { bucket.earn(count) }
}

@Suite struct TokenBucketTests {
  private static func at(_ milliseconds: Int64) -> NIODeadline {
    .uptimeNanoseconds(5_000_000_000) + .milliseconds(milliseconds)
  }

  @Test func `it starts full, and is empty after its burst`() {
    let bucket = Held(burst: 3, perSecond: 1)
    for _ in 0..<3 { #expect(bucket.take(1, now: Self.at(0))) }
    #expect(!bucket.take(1, now: Self.at(0)))
  }

  @Test func `tokens refill one by one, and fractions are not lost`() {
    let bucket = Held(burst: 10, perSecond: 2)
    #expect(bucket.take(10, now: Self.at(0)))
    #expect(!bucket.take(1, now: Self.at(400)))
    #expect(bucket.take(1, now: Self.at(600)))  // 500 ms have made one; the next is due at 1,000
    #expect(!bucket.take(1, now: Self.at(900)))
    #expect(bucket.take(1, now: Self.at(1_000)))
  }

  @Test func `it never holds more than its burst, however long it rests`() {
    let bucket = Held(burst: 10, perSecond: 1_000)
    #expect(bucket.take(5, now: Self.at(0)))
    #expect(bucket.take(10, now: Self.at(1_000_000_000)))
    #expect(!bucket.take(1, now: Self.at(1_000_000_000)))
    bucket.earn(1_000)
    #expect(bucket.tokens == 10)
  }

  @Test func `earned tokens can be spent`() {
    let bucket = Held(burst: 10, perSecond: 1)
    #expect(bucket.take(10, now: Self.at(0)))
    bucket.earn(4)
    #expect(bucket.take(4, now: Self.at(0)))
    #expect(!bucket.take(1, now: Self.at(0)))
  }

  @Test func `taking more than available fails, and empties it`() {
    let bucket = Held(burst: 10, perSecond: 1)
    #expect(!bucket.take(11, now: Self.at(0)))
    #expect(bucket.tokens == 0)
  }

  @Test(arguments: [1, 7, 1_000_000_000, Int(Int32.max)])
  func `any rate and any time can be computed`(_ perSecond: Int) {
    let bucket = Held(burst: Int(Int32.max), perSecond: perSecond)
    #expect(bucket.take(Int(Int32.max), now: .uptimeNanoseconds(0)))
    #expect(bucket.take(1, now: .uptimeNanoseconds(UInt64(Int64.max))))
    #expect(bucket.take(0, now: .uptimeNanoseconds(1)))  // a clock that goes back
  }
}
