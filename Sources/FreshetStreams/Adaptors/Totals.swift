// One value from a whole stream: how many, the first, the last.

extension AsyncSequence {
  /// How many elements there are; reads them all.
  ///
  /// - Throws: what the sequence throws.
  public func count(isolation actor: isolated (any Actor)? = #isolation) async throws(Failure) -> Int {
    var iterator = makeAsyncIterator()
    var count = 0
    while try await iterator.next(isolation: actor) != nil { count += 1 }
    return count
  }

  /// The first element, or `nil` if there is none. Asks for no other: the iterator goes away behind it.
  ///
  /// - Throws: what the sequence throws.
  public func first(isolation actor: isolated (any Actor)? = #isolation) async throws(Failure) -> Element? {
    var iterator = makeAsyncIterator()
    return try await iterator.next(isolation: actor)
  }

  /// The last element, or `nil` if there is none; reads them all and keeps one.
  ///
  /// - Throws: what the sequence throws.
  public func last(isolation actor: isolated (any Actor)? = #isolation) async throws(Failure) -> Element? {
    var iterator = makeAsyncIterator()
    var last: Element?
    while let element = try await iterator.next(isolation: actor) { last = element }
    return last
  }
}
