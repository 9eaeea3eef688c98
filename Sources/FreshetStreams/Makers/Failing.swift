// The stream that fails at once.

/// A sequence that throws this error at the first `next()` and then ends.
///
/// - Parameters:
///   - error: what is thrown, once for each iterator.
///   - of: the type of the elements that never come.
public func failing<Element, Failure: Error>(_ error: Failure, of: Element.Type = Element.self)
  -> Failing<Element, Failure>
{
  Failing(error: error)
}

/// What ``failing(_:of:)`` makes.
public struct Failing<Element, Failure: Error>: AsyncSequence, Sendable {
  fileprivate let error: Failure

  public func makeAsyncIterator() -> Iterator { Iterator(error: error) }

  /// Holds the error until it is asked for.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var error: Failure?

    /// Throws the error, then `nil` for ever.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      if let error = error.take() { throw error }
      return nil
    }

    /// Throws the error, then `nil` for ever.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}
