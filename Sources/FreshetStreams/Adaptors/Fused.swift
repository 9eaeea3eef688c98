// Makes sure that an end is an end.

extension AsyncSequence {
  /// The same elements; after `nil` or an error, `nil` for ever, whatever this sequence does then.
  ///
  /// Everything in this module is fused already; other sequences may not be. What the sequence's iterator holds is
  /// freed at the end, not only with the iterator.
  public func fused() -> Fused<Self> { Fused(base: self) }
}

/// What ``_Concurrency/AsyncSequence/fused()`` makes.
public struct Fused<Base: AsyncSequence>: AsyncSequence {
  public typealias Element = Base.Element
  public typealias Failure = Base.Failure

  let base: Base

  public func makeAsyncIterator() -> Iterator { Iterator(base.makeAsyncIterator()) }

  /// Forgets its base at the end. The other adaptors' iterators are made of it.
  public struct Iterator: AsyncIteratorProtocol {
    private var base: Base.AsyncIterator?

    init(_ base: Base.AsyncIterator) { self.base = base }

    /// Whether `nil` or an error was given.
    var isOver: Bool { base == nil }

    /// Gives `nil` from now on.
    mutating func end() { base = nil }

    /// The next element; `nil` after the end.
    ///
    /// - Throws: what the base throws, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      // Asked in place: an iterator that is a struct must see its own changes.
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
