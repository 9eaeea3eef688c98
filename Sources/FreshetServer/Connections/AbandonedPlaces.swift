// Decides when the abandoned places of a queue are removed, while the queue stands still.

/// A client may open and reset calls for as long as none are started. To find each one's place would cost a search of the
/// queue; so they stay, and are removed together once they outnumber the others.
struct AbandonedPlaces {
  private static let fewest = 32

  /// An upper bound: those whose turn has come meanwhile are counted too.
  private(set) var count = 0

  /// A place was abandoned.
  /// - Parameter others: the number of places that are still wanted, or more.
  /// - Returns: whether all that were abandoned are to be removed now.
  mutating func add(others: Int) -> Bool {
    count += 1
    if count < Self.fewest + others { return false }
    count = 0
    return true
  }

  /// The queue moves again, and so drops them itself.
  mutating func forget() { count = 0 }
}
