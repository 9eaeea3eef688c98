// Chunks of bytes, read byte by byte.

extension AsyncSequence where Element: Sequence, Element.Element == UInt8 {
  /// The bytes of all chunks. The next chunk is requested when the previous one is drained; within a chunk, a byte
  /// costs no `await` of the base.
  public func bytes() -> Bytes<Self> { Bytes(base: self) }
}

/// The sequence returned by ``_Concurrency/AsyncSequence/bytes()``.
public struct Bytes<Base: AsyncSequence>: AsyncSequence where Base.Element: Sequence, Base.Element.Element == UInt8 {
  public typealias Element = UInt8
  public typealias Failure = Base.Failure

  fileprivate let base: Base

  public func makeAsyncIterator() -> Iterator { Iterator(base: Fused.Iterator(base.makeAsyncIterator())) }

  /// Drains one chunk after another.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var base: Fused<Base>.Iterator
    fileprivate var chunk: Base.Element.Iterator?

    /// The next byte; `nil` after the last one of the last chunk.
    ///
    /// - Throws: the error of the base, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> UInt8? {
      while true {
        if let byte = chunk?.next() { return byte }
        chunk = nil
        guard let next = try await base.next(isolation: actor) else { return nil }
        chunk = next.makeIterator()
      }
    }

    /// The next byte; `nil` after the last one of the last chunk.
    public mutating func next() async throws(Failure) -> UInt8? { try await next(isolation: #isolation) }
  }
}

extension Bytes: Sendable where Base: Sendable {}
