// A stream from a state and a function that makes the next element of it: pull in its plainest form, without any task.

/// A sequence that calls the closure for each element, until it gives `nil`.
///
/// The state is the iterator's own, so each iteration starts at the initial state. The closure runs in the consumer's
/// task, which is how it is cancelled. After `nil` or an error it is not called again.
///
///     let powers = unfold(1) { (value: inout Int) -> Int? in
///       defer { value *= 2 }
///       return value < 1000 ? value : nil
///     }
///
/// A state that means both "not started" and "ended" makes an empty stream: keep the two apart.
///
/// - Parameters:
///   - initialState: what every iteration starts with.
///   - next: makes the next element and the next state; `nil` ends the stream, an error ends it too and is thrown once.
public func unfold<State, Element, Failure: Error>(
  _ initialState: State, _ next: @escaping Unfold<State, Element, Failure>.Step
) -> Unfold<State, Element, Failure> {
  Unfold(initialState: initialState, step: next)
}

/// What ``unfold(_:_:)`` makes.
public struct Unfold<State, Element, Failure: Error>: AsyncSequence {
  /// Makes the next element and changes the state.
  public typealias Step = @Sendable (inout State) async throws(Failure) -> Element?

  fileprivate let initialState: State
  fileprivate let step: Step

  public func makeAsyncIterator() -> Iterator { Iterator(state: initialState, step: step) }

  /// Holds the state of one iteration.
  public struct Iterator: AsyncIteratorProtocol {
    private var state: State
    private var step: Step?

    fileprivate init(state: State, step: @escaping Step) {
      self.state = state
      self.step = step
    }

    /// The next element; `nil` once the closure has given `nil` or thrown.
    ///
    /// - Throws: what the closure throws, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      guard let step else { return nil }
      do throws(Failure) {
        if let element = try await step(&state) { return element }
      } catch {
        self.step = nil
        throw error
      }
      self.step = nil
      return nil
    }

    /// The next element; `nil` once the closure has given `nil` or thrown.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}

extension Unfold: Sendable where State: Sendable {}
