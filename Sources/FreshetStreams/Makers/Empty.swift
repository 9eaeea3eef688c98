// The stream of no elements.

/// A sequence that ends at once.
///
/// - Parameter of: the type of the elements that never come.
public func empty<Element>(of: Element.Type = Element.self) -> Empty<Element> { Empty() }

/// What ``empty(of:)`` makes.
public struct Empty<Element>: AsyncSequence, Sendable {
  public typealias Failure = Never

  public func makeAsyncIterator() -> Iterator { Iterator() }

  /// Has nothing to give.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    /// Gives `nil`.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? { nil }

    /// Gives `nil`.
    public mutating func next() async -> Element? { nil }
  }
}
