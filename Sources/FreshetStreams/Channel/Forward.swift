// A whole stream into a sink.

extension AsyncSequence where Failure == Never {
  /// Sends each element to the sink, waiting for room before asking for the next. The sink is not finished behind it.
  ///
  /// - Throws: what the sink throws; the iterator goes away then.
  public func forward<Sink: StreamSink>(
    to sink: Sink, isolation actor: isolated (any Actor)? = #isolation
  ) async throws(Sink.SendFailure) where Sink.Element == Element, Element: Sendable {
    var iterator = makeAsyncIterator()
    while let element = await iterator.next(isolation: actor) { try await sink.send(element) }
  }
}

extension AsyncSequence {
  /// Sends each element to the sink, waiting for room before asking for the next. The sink is not finished behind it.
  ///
  /// - Throws: what the sink throws; the iterator goes away then. What this sequence throws.
  @_disfavoredOverload
  public func forward<Sink: StreamSink>(
    to sink: Sink, isolation actor: isolated (any Actor)? = #isolation
  ) async throws where Sink.Element == Element, Element: Sendable {
    var iterator = makeAsyncIterator()
    while let element = try await iterator.next(isolation: actor) { try await sink.send(element) }
  }
}
