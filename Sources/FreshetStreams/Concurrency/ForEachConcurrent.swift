// Processes several elements of a stream concurrently.

extension AsyncSequence where Self: Sendable, Element: Sendable {
  /// Calls the closure for each element, with up to `limit` concurrent calls, and returns when all have.
  ///
  /// - Parameters:
  ///   - limit: less than 1 counts as 1.
  ///   - body: runs in a child task for each element.
  /// - Throws: this sequence's error, or the closure's first error; either cancels the running calls, which have ended
  ///   when it is thrown.
  public func forEachConcurrent(
    limit: Int, _ body: @escaping @Sendable (Element) async throws(Failure) -> Void
  ) async throws(Failure) {
    var done = mapConcurrent(limit: limit, ordered: false, body).makeAsyncIterator()
    while try await done.next(isolation: #isolation) != nil {}
  }

  /// Calls the closure for each element, with up to `limit` concurrent calls; both may fail.
  @_disfavoredOverload
  public func forEachConcurrent(
    limit: Int, _ body: @escaping @Sendable (Element) async throws -> Void
  ) async throws {
    for try await _ in mapConcurrent(limit: limit, ordered: false, body) as AsyncGenerator<Void, any Error> {}
  }
}

extension AsyncSequence where Self: Sendable, Element: Sendable, Failure == Never {
  /// Calls the closure for each element, with up to `limit` concurrent calls; only it may fail.
  public func forEachConcurrent<BodyFailure: Error>(
    limit: Int, _ body: @escaping @Sendable (Element) async throws(BodyFailure) -> Void
  ) async throws(BodyFailure) {
    var done = mapConcurrent(limit: limit, ordered: false, body).makeAsyncIterator()
    while try await done.next(isolation: #isolation) != nil {}
  }
}
