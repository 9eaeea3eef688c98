// What takes elements and mostly need not be waited for.

/// A sink that takes an element at once, and says whether it has room for another.
///
/// Waiting is what an element costs most, even where it turns out that there is nothing to wait for. This sink is waited
/// for only when it is full. ``AsyncGenerator/run(into:)`` makes the best of it.
public protocol ImmediateSink<Element, SendFailure>: StreamSink {
  /// Takes one element, now. Any task may call it at any time.
  ///
  /// - Returns: whether there is room for another. If not, call ``waitForRoom()`` before the next.
  /// - Throws: when the element was not taken.
  func put(_ element: Element) throws(SendFailure) -> Bool

  /// Waits until there is room again, or returns at once if there is. One task at a time.
  ///
  /// - Throws: when no further element will be taken.
  func waitForRoom() async throws(SendFailure)
}

extension ImmediateSink {
  /// Hands over one element, and waits until there is room for another.
  @inlinable
  public func send(_ element: Element) async throws(SendFailure) {
    if try !put(element) { try await waitForRoom() }
  }
}
