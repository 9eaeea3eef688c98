// Many streams as one.

extension AsyncSequence where Self: Sendable, Element: AsyncSequence & Sendable, Element.Element: Sendable {
  /// The elements of all sequences of this sequence, read concurrently, in order of arrival.
  ///
  /// Any number of sequences; more may arrive while others are read. Laws as for
  /// ``_Concurrency/AsyncSequence/flatMapConcurrent(limit:_:)``.
  ///
  /// - Parameter limit: how many are read concurrently; without one, this sequence is read to its end.
  public func mergeAll(limit: Int = .max) -> AsyncGenerator<Element.Element, Failure>
  where Element.Failure == Failure {
    flatMapConcurrent(limit: limit) { $0 }
  }

  /// The elements of all sequences of this sequence, read concurrently; both may fail.
  @_disfavoredOverload
  public func mergeAll(limit: Int = .max) -> AsyncGenerator<Element.Element, any Error> {
    ConcurrentFlatMap(base: self, limit: limit, widen: { $0 }, widenInner: { $0 }, transform: { $0 }).generator
  }
}

extension AsyncSequence
where Self: Sendable, Element: AsyncSequence & Sendable, Element.Element: Sendable, Failure == Never {
  /// The elements of all sequences of this sequence, read concurrently; only they may fail.
  public func mergeAll(limit: Int = .max) -> AsyncGenerator<Element.Element, Element.Failure> {
    flatMapConcurrent(limit: limit) { $0 }
  }
}

/// The elements of all these sequences, read concurrently, in order of arrival.
///
/// Laws as for ``_Concurrency/AsyncSequence/flatMapConcurrent(limit:_:)``.
public func mergeAll<Stream: AsyncSequence & Sendable>(
  _ streams: [Stream]
) -> AsyncGenerator<Stream.Element, Stream.Failure> where Stream.Element: Sendable {
  unfold(0) { place -> Stream? in
    guard place < streams.count else { return nil }
    defer { place += 1 }
    return streams[place]
  }.mergeAll()
}
