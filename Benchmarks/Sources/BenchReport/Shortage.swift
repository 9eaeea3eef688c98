// Reasons why a run is invalid.

/// A stream that ended early.
public struct Shortage: Error, CustomStringConvertible {
  let expected: Int
  let came: Int

  public init(expected: Int, came: Int) {
    self.expected = expected
    self.came = came
  }

  public var description: String { "\(expected) messages were asked for, \(came) came" }
}
