// The function that a generator's body calls to hand over an element.

/// Hands elements of an ``AsyncGenerator`` to whoever consumes it.
///
/// `try await yield(element)` returns when the consumer asks for the *next* element, so the body is never ahead of its
/// consumer. Laws:
/// - When it returns, the element was received.
/// - When it throws, nobody wants a further element. Whether this last one was received is then open: a consumer that
///   goes away after it and one that goes away before it look the same.
/// - Once it has thrown because the consumer went away, every later call throws at once.
/// - Child tasks of the body may call it at the same time; their elements are delivered one by one in order of arrival.
/// - After the body has returned, it throws `CancellationError`.
public struct Yield<Element: Sendable>: Sendable {
  @usableFromInline
  enum Target: Sendable {
    case rendezvous(Rendezvous<Element>)
    case sink(DirectSink<Element>)
  }

  @usableFromInline let target: Target

  @inlinable
  init(target: Target) { self.target = target }

  /// Hands over one element and waits until the consumer asks for the next.
  ///
  /// - Throws: `CancellationError` when the consumer went away, when the calling task was cancelled before the
  ///   hand-over, or when the body is over. Under ``AsyncGenerator/run(_:)``, what the sink threw.
  @inlinable
  public func callAsFunction(_ element: Element) async throws {
    switch target {
    case .rendezvous(let rendezvous): try await rendezvous.yield(element)
    case .sink(let sink): try await sink.send(element)
    }
  }
}
