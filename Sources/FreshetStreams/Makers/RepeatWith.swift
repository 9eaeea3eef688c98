// An endless stream of a function's results.

/// A sequence that calls the closure for each element and ends only with its error.
///
/// ```swift
/// let rolls = repeatWith { Int.random(in: 1...6) }
/// ```
///
/// The closure runs in the consumer's task and is cancelled with it; it is not called ahead.
///
/// - Parameter make: returns the next element; its error ends the stream and is thrown once.
public func repeatWith<Element, Failure: Error>(
  _ make: @escaping RepeatWith<Element, Failure>.Make
) -> RepeatWith<Element, Failure> {
  RepeatWith(make: make)
}

/// The sequence returned by ``repeatWith(_:)``.
public struct RepeatWith<Element, Failure: Error>: AsyncSequence, Sendable {
  /// Returns one element.
  public typealias Make = @Sendable () async throws(Failure) -> Element

  fileprivate let make: Make

  public func makeAsyncIterator() -> Iterator { Iterator(make: make) }

  /// Calls the closure.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    private var make: Make?

    fileprivate init(make: @escaping Make) { self.make = make }

    /// The next element; `nil` once the closure has thrown.
    ///
    /// - Throws: the closure's error, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      guard let make else { return nil }
      do throws(Failure) { return try await make() } catch {
        self.make = nil
        throw error
      }
    }

    /// The next element; `nil` once the closure has thrown.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}
