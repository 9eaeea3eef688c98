// How long each call took.

public struct Latencies: Sendable {
  private var nanoseconds: [UInt32] = []

  public init() {}

  public var count: Int { nanoseconds.count }

  public mutating func append(_ duration: Duration) {
    nanoseconds.append(UInt32(clamping: Int64(duration / .nanoseconds(1))))
  }

  public mutating func append(_ other: Latencies) { nanoseconds += other.nanoseconds }

  /// The microseconds that so many of hundred calls took at most, for each of the shares.
  func microseconds(atPercentiles shares: [Int]) -> [Double] {
    let sorted = nanoseconds.sorted()
    guard !sorted.isEmpty else { return shares.map { _ in 0 } }
    return shares.map { Double(sorted[min(sorted.count * $0 / 100, sorted.count - 1)]) / 1000 }
  }
}
