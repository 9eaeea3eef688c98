// The stream of no elements.

/// A sequence that ends at once.
///
/// - Parameter of: the type of the elements.
public func empty<Element>(of: Element.Type = Element.self) -> Empty<Element> { Empty() }

/// The sequence returned by ``empty(of:)``.
public struct Empty<Element>: AsyncSequence, Sendable {
  public typealias Failure = Never

  public func makeAsyncIterator() -> Iterator { Iterator() }

  /// Has no elements.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    /// Returns `nil`.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? { nil }

    /// Returns `nil`.
    public mutating func next() async -> Element? { nil }
  }
}
