// What is thrown when a stream takes too long.

/// A stream's time is over; what it was doing has been cancelled.
public enum TimeoutError: Error, Hashable, CustomStringConvertible {
  /// An element did not come within the time for each.
  case element
  /// The stream had not ended at its deadline.
  case deadline

  public var description: String {
    switch self {
    case .element: "the stream's next element did not come within the time that timeout(each:) gives it"
    case .deadline: "the stream had not ended at the time that deadline(_:) gives it"
    }
  }
}
