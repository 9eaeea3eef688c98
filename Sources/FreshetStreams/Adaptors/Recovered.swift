// Continues with another stream when one fails.

extension AsyncSequence {
  /// The elements of this sequence and, if it fails, those of the sequence that the closure returns for its error.
  ///
  /// ```swift
  /// let lines = remote.lines.recover { _ in cache.lines }
  /// ```
  ///
  /// An error of the replacement ends the stream; to try again, see
  /// ``_Concurrency/AsyncSequence/retrying(_:clock:if:resume:)``.
  public func recover<Replacement: AsyncSequence>(
    _ replacement: @escaping @Sendable (Failure) async -> Replacement
  ) -> Recovered<Self, Replacement> where Replacement.Element == Element {
    Recovered(base: self, replacement: replacement)
  }
}

/// The sequence returned by ``_Concurrency/AsyncSequence/recover(_:)``.
public struct Recovered<Base: AsyncSequence, Replacement: AsyncSequence>: AsyncSequence
where Replacement.Element == Base.Element {
  public typealias Element = Base.Element
  public typealias Failure = Replacement.Failure

  fileprivate let base: Base
  fileprivate let replacement: @Sendable (Base.Failure) async -> Replacement

  public func makeAsyncIterator() -> Iterator {
    Iterator(base: Fused.Iterator(base.makeAsyncIterator()), replacement: replacement)
  }

  /// Reads the base, then possibly the replacement.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var base: Fused<Base>.Iterator
    fileprivate let replacement: @Sendable (Base.Failure) async -> Replacement
    fileprivate var other: Fused<Replacement>.Iterator?

    /// The next element; `nil` after the last.
    ///
    /// - Throws: the replacement's error, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      if other == nil {
        do throws(Base.Failure) { return try await base.next(isolation: actor) } catch {
          other = Fused.Iterator(await replacement(error).makeAsyncIterator())
        }
      }
      return try await other?.next(isolation: actor)
    }

    /// The next element; `nil` after the last.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}

extension Recovered: Sendable where Base: Sendable {}
