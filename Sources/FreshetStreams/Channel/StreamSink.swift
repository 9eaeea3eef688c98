// What takes elements, as a stream gives them.

/// A place to send elements to, by any number of tasks.
///
/// ``_Concurrency/AsyncSequence/forward(to:isolation:)`` sends a whole sequence.
public protocol StreamSink<Element, SendFailure>: Sendable {
  associatedtype Element
  /// What ``send(_:)`` throws; `Never` where it cannot.
  associatedtype SendFailure: Error

  /// Hands over one element, and waits until there is room for it.
  ///
  /// - Throws: when the element was not taken.
  func send(_ element: Element) async throws(SendFailure)
}
