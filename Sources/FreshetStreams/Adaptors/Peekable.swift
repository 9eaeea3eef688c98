// Lets a reader look at the next element without consuming it.

extension AsyncSequence {
  /// The same elements, through an iterator that can peek at the next one.
  ///
  /// ```swift
  /// var tokens = lexer.peekable().makeAsyncIterator()
  /// if try await tokens.peek() == .comma { _ = try await tokens.next() }
  /// ```
  public func peekable() -> Peekable<Self> { Peekable(base: self) }
}

/// The sequence returned by ``_Concurrency/AsyncSequence/peekable()``.
public struct Peekable<Base: AsyncSequence>: AsyncSequence {
  public typealias Element = Base.Element
  public typealias Failure = Base.Failure

  fileprivate let base: Base

  public func makeAsyncIterator() -> Iterator { Iterator(base: Fused.Iterator(base.makeAsyncIterator())) }

  /// Holds at most one peeked element.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var base: Fused<Base>.Iterator
    fileprivate var seen: Element?

    /// The element that ``next()`` will return, requested if necessary; `nil` after the last.
    ///
    /// - Throws: the error of the base, once: the following `next()` returns `nil`.
    public mutating func peek(isolation actor: isolated (any Actor)? = #isolation) async throws(Failure) -> Element? {
      if seen == nil { seen = try await base.next(isolation: actor) }
      return seen
    }

    /// The next element if it satisfies the condition; otherwise `nil`, and the element is kept.
    ///
    /// - Throws: the error of the base, once.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation, if condition: (Element) -> Bool
    ) async throws(Failure) -> Element? {
      guard let element = try await peek(isolation: actor), condition(element) else { return nil }
      seen = nil
      return element
    }

    /// The next element; `nil` after the last.
    ///
    /// - Throws: the error of the base, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      if let element = seen.take() { return element }
      return try await base.next(isolation: actor)
    }

    /// The next element; `nil` after the last.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}

extension Peekable: Sendable where Base: Sendable {}
