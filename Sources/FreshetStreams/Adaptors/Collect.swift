// All elements of a stream as an array of bounded size.

/// Thrown by ``_Concurrency/AsyncSequence/collect(upTo:isolation:)`` when its bound is exceeded.
public struct TooManyElements: Error, Hashable, CustomStringConvertible {
  /// How many elements were allowed.
  public let bound: Int

  public var description: String { "collect(upTo: \(bound)): the sequence has more elements than that" }
}

extension AsyncSequence where Failure == Never {
  /// The elements in order, if there are at most this many.
  ///
  /// - Throws: ``TooManyElements`` when another one arrives; the iterator is then dropped.
  public func collect(
    upTo bound: Int, isolation actor: isolated (any Actor)? = #isolation
  ) async throws(TooManyElements) -> [Element] {
    var iterator = makeAsyncIterator()
    var elements: [Element] = []
    while let element = await iterator.next(isolation: actor) {
      guard elements.count < bound else { throw TooManyElements(bound: bound) }
      elements.append(element)
    }
    return elements
  }
}

extension AsyncSequence {
  /// The elements in order, if there are at most this many.
  ///
  /// - Throws: ``TooManyElements`` when another one arrives; the sequence's error.
  @_disfavoredOverload
  public func collect(
    upTo bound: Int, isolation actor: isolated (any Actor)? = #isolation
  ) async throws -> [Element] {
    var iterator = makeAsyncIterator()
    var elements: [Element] = []
    while let element = try await iterator.next(isolation: actor) {
      guard elements.count < bound else { throw TooManyElements(bound: bound) }
      elements.append(element)
    }
    return elements
  }
}
