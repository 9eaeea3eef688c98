// How often a peer has done what burdens a connection.

/// A count for each `Burden`.
public struct BurdenCounts: Sendable, Hashable, CustomStringConvertible {
  private var counts = [Int](repeating: 0, count: Burden.allCases.count)

  public init() {}

  public package(set) subscript(_ burden: Burden) -> Int {
    get { counts[burden.rawValue] }
    set { counts[burden.rawValue] = newValue }
  }

  /// The non-zero counts, in declaration order.
  public var nonZero: [(burden: Burden, count: Int)] {
    Burden.allCases.map { ($0, self[$0]) }.filter { $0.1 > 0 }
  }

  /// Such as `resets=3 pings=1`; empty if all are zero.
  public var description: String { nonZero.map { "\($0.burden)=\($0.count)" }.joined(separator: " ") }
}
