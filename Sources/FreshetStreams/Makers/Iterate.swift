// A stream in which each element is made from the previous one.

/// The first element, the closure's result for it, the result for that, and so on until `nil`.
///
/// ```swift
/// let powers = iterate(1) { $0 * 2 }
/// ```
///
/// The closure is called when its element is requested, in the consumer's task. Each iteration begins at `first`.
///
/// - Parameters:
///   - first: the first element.
///   - next: makes an element from the previous one; `nil` or an error ends the stream, and an error is thrown once.
public func iterate<Element, Failure: Error>(
  _ first: Element, _ next: @escaping Iterate<Element, Failure>.Step
) -> Iterate<Element, Failure> {
  Iterate(first: first, step: next)
}

/// The sequence returned by ``iterate(_:_:)``.
public struct Iterate<Element, Failure: Error>: AsyncSequence {
  /// Makes an element from the previous one.
  public typealias Step = @Sendable (Element) async throws(Failure) -> Element?

  fileprivate let first: Element
  fileprivate let step: Step

  public func makeAsyncIterator() -> Iterator { Iterator(state: .first(first), step: step) }

  /// Keeps the last element.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate enum State {
      case first(Element), after(Element), ended
    }

    fileprivate var state: State
    fileprivate let step: Step

    /// The next element; `nil` once the closure has returned `nil` or thrown.
    ///
    /// - Throws: the closure's error, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      let element: Element?
      switch state {
      case .ended: return nil
      case .first(let first): element = first
      case .after(let last):
        state = .ended  // unless the closure returns an element
        element = try await step(last)
      }
      if let element { state = .after(element) }
      return element
    }

    /// The next element; `nil` once the closure has returned `nil` or thrown.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}

extension Iterate: Sendable where Element: Sendable {}
extension Iterate.Iterator: Sendable where Element: Sendable {}
extension Iterate.Iterator.State: Sendable where Element: Sendable {}
