// A stream from a state and a function that makes its next element: pull in its simplest form, without a task.

/// A sequence that calls the closure for each element, until it returns `nil`.
///
/// The state belongs to the iterator, so each iteration starts at the initial state. The closure runs in the consumer's
/// task and is cancelled with it. After `nil` or an error it is not called again.
///
/// ```swift
/// let powers = unfold(1) { (value: inout Int) -> Int? in
///   defer { value *= 2 }
///   return value < 1000 ? value : nil
/// }
/// ```
///
/// A state that means both "not started" and "ended" makes an empty stream: keep the two apart.
///
/// - Parameters:
///   - initialState: the state at the start of every iteration.
///   - next: makes the next element and updates the state; `nil` or an error ends the stream, and an error is thrown
///     once.
@inlinable
public func unfold<State, Element, Failure: Error>(
  _ initialState: State, _ next: @escaping Unfold<State, Element, Failure>.Step
) -> Unfold<State, Element, Failure> {
  Unfold(initialState: initialState, step: next)
}

/// The sequence returned by ``unfold(_:_:)``.
///
/// Inlinable, because an unspecialised generic type costs five times as much as a hand-written sequence (measured).
public struct Unfold<State, Element, Failure: Error>: AsyncSequence {
  /// Makes the next element and updates the state.
  public typealias Step = @Sendable (inout State) async throws(Failure) -> Element?

  @usableFromInline let initialState: State
  @usableFromInline let step: Step

  @inlinable init(initialState: State, step: @escaping Step) {
    self.initialState = initialState
    self.step = step
  }

  @inlinable public func makeAsyncIterator() -> Iterator { Iterator(state: initialState, step: step) }

  /// Holds the state of one iteration.
  public struct Iterator: AsyncIteratorProtocol {
    @usableFromInline var state: State
    @usableFromInline let step: Step
    @usableFromInline var isOver = false

    @inlinable init(state: State, step: @escaping Step) {
      self.state = state
      self.step = step
    }

    /// The next element; `nil` once the closure has returned `nil` or thrown.
    ///
    /// - Throws: the closure's error, once.
    @inlinable
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      guard !isOver else { return nil }
      isOver = true  // unless there is an element
      guard let element = try await step(&state) else { return nil }
      isOver = false
      return element
    }

    /// The next element; `nil` once the closure has returned `nil` or thrown.
    @inlinable public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}

extension Unfold: Sendable where State: Sendable {}
