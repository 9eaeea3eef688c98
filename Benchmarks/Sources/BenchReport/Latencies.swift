// Latencies of calls.

public struct Latencies: Sendable {
  private var nanoseconds: [UInt32] = []

  public init() {}

  public var count: Int { nanoseconds.count }

  public mutating func append(_ duration: Duration) {
    nanoseconds.append(UInt32(clamping: Int64(duration / .nanoseconds(1))))
  }

  public mutating func append(_ other: Latencies) { nanoseconds += other.nanoseconds }

  /// The latency in microseconds at each percentile.
  func microseconds(atPercentiles shares: [Int]) -> [Double] {
    let sorted = nanoseconds.sorted()
    guard !sorted.isEmpty else { return shares.map { _ in 0 } }
    return shares.map { Double(sorted[min(sorted.count * $0 / 100, sorted.count - 1)]) / 1000 }
  }
}
