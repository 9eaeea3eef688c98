// The stream that fails at once.

/// A sequence that throws this error at the first `next()` and then ends.
///
/// - Parameters:
///   - error: thrown once by each iterator.
///   - of: the type of the elements.
public func failing<Element, Failure: Error>(_ error: Failure, of: Element.Type = Element.self)
  -> Failing<Element, Failure>
{
  Failing(error: error)
}

/// The sequence returned by ``failing(_:of:)``.
public struct Failing<Element, Failure: Error>: AsyncSequence, Sendable {
  fileprivate let error: Failure

  public func makeAsyncIterator() -> Iterator { Iterator(error: error) }

  /// Holds the error until the first request.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var error: Failure?

    /// Throws the error, then returns `nil` forever.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      if let error = error.take() { throw error }
      return nil
    }

    /// Throws the error, then returns `nil` forever.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}
