// Thrown when a stream takes too long.

/// A stream's time is up; its pending work has been cancelled.
public enum TimeoutError: Error, Hashable, CustomStringConvertible {
  /// An element did not arrive in time.
  case element
  /// The stream had not ended at its deadline.
  case deadline

  public var description: String {
    switch self {
    case .element: "the stream's next element did not arrive within the time of timeout(each:)"
    case .deadline: "the stream had not ended by the time of deadline(_:)"
    }
  }
}
