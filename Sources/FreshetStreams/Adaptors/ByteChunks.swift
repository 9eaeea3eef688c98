// Regroups bytes into chunks of one size.

extension AsyncSequence where Element == UInt8 {
  /// Chunks of exactly this many bytes; the last may have fewer, and none is empty.
  ///
  /// Bytes received before an error are returned first, as a chunk of their own.
  ///
  /// - Parameter ofBytes: less than 1 counts as 1.
  public func chunks(ofBytes size: Int) -> ByteChunks<Self> {
    ByteChunks(base: self, size: Swift.max(size, 1))
  }
}

/// The sequence returned by ``_Concurrency/AsyncSequence/chunks(ofBytes:)``.
public struct ByteChunks<Base: AsyncSequence>: AsyncSequence where Base.Element == UInt8 {
  public typealias Element = [UInt8]
  public typealias Failure = Base.Failure

  fileprivate let base: Base
  fileprivate let size: Int

  public func makeAsyncIterator() -> Iterator { Iterator(base: Fused.Iterator(base.makeAsyncIterator()), size: size) }

  /// Fills one chunk after another.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var base: Fused<Base>.Iterator
    fileprivate let size: Int
    fileprivate var failure: Failure?

    /// The next chunk; `nil` after the last.
    ///
    /// - Throws: the error of the base, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> [UInt8]? {
      if let failure = failure.take() { throw failure }
      var chunk: [UInt8] = []
      do throws(Failure) {
        while chunk.count < size, let byte = try await base.next(isolation: actor) { chunk.append(byte) }
      } catch {
        if chunk.isEmpty { throw error }
        failure = error
      }
      return chunk.isEmpty ? nil : chunk
    }

    /// The next chunk; `nil` after the last.
    public mutating func next() async throws(Failure) -> [UInt8]? { try await next(isolation: #isolation) }
  }
}

extension ByteChunks: Sendable where Base: Sendable {}
