// Makes the end of a sequence final.

extension AsyncSequence {
  /// The same elements; after `nil` or an error, `nil` forever, whatever this sequence does.
  ///
  /// Every sequence in this module is already fused; others may not be. The sequence's iterator is released at the end,
  /// not only with this iterator.
  public func fused() -> Fused<Self> { Fused(base: self) }
}

/// The sequence returned by ``_Concurrency/AsyncSequence/fused()``.
public struct Fused<Base: AsyncSequence>: AsyncSequence {
  public typealias Element = Base.Element
  public typealias Failure = Base.Failure

  let base: Base

  public func makeAsyncIterator() -> Iterator { Iterator(base.makeAsyncIterator()) }

  /// Drops its base at the end. Other adaptors' iterators build on it.
  public struct Iterator: AsyncIteratorProtocol {
    private var base: Base.AsyncIterator?

    init(_ base: Base.AsyncIterator) { self.base = base }

    /// Whether it has returned `nil` or thrown.
    var isOver: Bool { base == nil }

    /// From now on returns `nil`.
    mutating func end() { base = nil }

    /// The next element; `nil` after the end.
    ///
    /// - Throws: the error of the base, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      // Used in place: an iterator that is a struct must keep its mutations.
      guard base != nil else { return nil }
      do throws(Failure) {
        if let element = try await base?.next(isolation: actor) { return element }
      } catch {
        base = nil
        throw error
      }
      base = nil
      return nil
    }

    /// The next element; `nil` after the end.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}

extension Fused: Sendable where Base: Sendable {}
