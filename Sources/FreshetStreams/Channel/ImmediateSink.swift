// A sink that rarely makes its caller wait.

/// A sink that accepts an element at once, and says whether it has room for another.
///
/// Waiting is the most expensive part of handing over an element, even where there is nothing to wait for. This sink is
/// awaited only when it is full. ``AsyncGenerator/run(into:)`` takes advantage of that.
public protocol ImmediateSink<Element, SendFailure>: StreamSink {
  /// Accepts one element, now. Thread-safe.
  ///
  /// - Returns: whether there is room for another. If not, call ``waitForRoom()`` before the next.
  /// - Throws: when the element was not accepted.
  func put(_ element: Element) throws(SendFailure) -> Bool

  /// Waits until there is room again, or returns at once if there is. One task at a time.
  ///
  /// - Throws: when no further element will be accepted.
  func waitForRoom() async throws(SendFailure)
}

extension ImmediateSink {
  /// Sends one element, and waits until there is room for another.
  @inlinable
  public func send(_ element: Element) async throws(SendFailure) {
    if try !put(element) { try await waitForRoom() }
  }
}
