// Numbers the elements of a stream.

extension AsyncSequence {
  /// Pairs of a number, counted from zero, and an element.
  public func enumerated() -> Enumerated<Self> { Enumerated(base: self) }
}

/// The sequence returned by ``_Concurrency/AsyncSequence/enumerated()``.
public struct Enumerated<Base: AsyncSequence>: AsyncSequence {
  public typealias Element = (offset: Int, element: Base.Element)
  public typealias Failure = Base.Failure

  fileprivate let base: Base

  public func makeAsyncIterator() -> Iterator { Iterator(base: Fused.Iterator(base.makeAsyncIterator())) }

  /// Counts.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var base: Fused<Base>.Iterator
    fileprivate var count = 0

    /// The next element with its number; `nil` after the last.
    ///
    /// - Throws: the error of the base, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      guard let element = try await base.next(isolation: actor) else { return nil }
      defer { count += 1 }
      return (count, element)
    }

    /// The next element with its number; `nil` after the last.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}

extension Enumerated: Sendable where Base: Sendable {}
