// Sends a whole stream into a sink.

extension AsyncSequence where Failure == Never {
  /// Sends each element to the sink, waiting for room before requesting the next. Does not finish the sink.
  ///
  /// - Throws: the sink's error; the iterator is then dropped.
  public func forward<Sink: StreamSink>(
    to sink: Sink, isolation actor: isolated (any Actor)? = #isolation
  ) async throws(Sink.SendFailure) where Sink.Element == Element, Element: Sendable {
    var iterator = makeAsyncIterator()
    while let element = await iterator.next(isolation: actor) { try await sink.send(element) }
  }
}

extension AsyncSequence {
  /// Sends each element to the sink, waiting for room before requesting the next. Does not finish the sink.
  ///
  /// - Throws: the sink's error; the iterator is then dropped. This sequence's error.
  @_disfavoredOverload
  public func forward<Sink: StreamSink>(
    to sink: Sink, isolation actor: isolated (any Actor)? = #isolation
  ) async throws where Sink.Element == Element, Element: Sendable {
    var iterator = makeAsyncIterator()
    while let element = try await iterator.next(isolation: actor) { try await sink.send(element) }
  }
}
