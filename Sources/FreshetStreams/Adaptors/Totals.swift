// Single values computed from a whole stream: the count, the first, the last.

extension AsyncSequence {
  /// The number of elements; reads them all.
  ///
  /// - Throws: the sequence's error.
  public func count(isolation actor: isolated (any Actor)? = #isolation) async throws(Failure) -> Int {
    var iterator = makeAsyncIterator()
    var count = 0
    while try await iterator.next(isolation: actor) != nil { count += 1 }
    return count
  }

  /// The first element, or `nil` if there is none. Requests no other: the iterator is then dropped.
  ///
  /// - Throws: the sequence's error.
  public func first(isolation actor: isolated (any Actor)? = #isolation) async throws(Failure) -> Element? {
    var iterator = makeAsyncIterator()
    return try await iterator.next(isolation: actor)
  }

  /// The last element, or `nil` if there is none; reads them all and keeps one.
  ///
  /// - Throws: the sequence's error.
  public func last(isolation actor: isolated (any Actor)? = #isolation) async throws(Failure) -> Element? {
    var iterator = makeAsyncIterator()
    var last: Element?
    while let element = try await iterator.next(isolation: actor) { last = element }
    return last
  }
}
