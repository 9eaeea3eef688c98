// The stream of exactly one element.

/// A sequence that has this element and then ends.
public func once<Element>(_ element: Element) -> Once<Element> { Once(element: element) }

/// The sequence returned by ``once(_:)``.
public struct Once<Element>: AsyncSequence {
  public typealias Failure = Never

  fileprivate let element: Element

  public func makeAsyncIterator() -> Iterator { Iterator(element: element) }

  /// Holds the element until it is requested.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var element: Element?

    /// The element, then `nil` forever.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? { element.take() }

    /// The element, then `nil` forever.
    public mutating func next() async -> Element? { element.take() }
  }
}

extension Once: Sendable where Element: Sendable {}
