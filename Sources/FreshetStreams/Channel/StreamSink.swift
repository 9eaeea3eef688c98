// The consuming counterpart of a stream.

/// Accepts elements from any number of tasks.
///
/// ``_Concurrency/AsyncSequence/forward(to:isolation:)`` sends a whole sequence.
public protocol StreamSink<Element, SendFailure>: Sendable {
  associatedtype Element
  /// The error of ``send(_:)``; `Never` if it cannot fail.
  associatedtype SendFailure: Error

  /// Sends one element, and waits until there is room for it.
  ///
  /// - Throws: when the element was not accepted.
  func send(_ element: Element) async throws(SendFailure)
}
