// Carries state along a stream.
//
// Wherever both a closure and a sequence may throw, there is one method per combination of the two failures: the same
// type, only the closure's, and both (`any Error`). They return the same type.

extension AsyncSequence {
  /// The closure's results for each element and the state, until it returns `nil`.
  ///
  /// ```swift
  /// let sums = numbers.scan(into: 0) { sum, number in
  ///   sum += number
  ///   return sum < 100 ? sum : nil
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - into: the initial state of every iteration.
  ///   - step: updates the state and makes an element; `nil` ends the stream without requesting more.
  public func scan<State, Output>(
    into state: State, _ step: @escaping @Sendable (inout State, Element) async throws(Failure) -> Output?
  ) -> Scan<Self, State, Output, Failure> {
    Scan(base: self, state: state, widen: { $0 }, step: step)
  }

  /// The closure's results for each element and the state, until it returns `nil`; either may fail.
  @_disfavoredOverload
  public func scan<State, Output>(
    into state: State, _ step: @escaping @Sendable (inout State, Element) async throws -> Output?
  ) -> Scan<Self, State, Output, any Error> {
    Scan(base: self, state: state, widen: { $0 }, step: step)
  }
}

extension AsyncSequence where Failure == Never {
  /// The closure's results for each element and the state, until it returns `nil`; only the closure may fail.
  public func scan<State, Output, StepFailure: Error>(
    into state: State, _ step: @escaping @Sendable (inout State, Element) async throws(StepFailure) -> Output?
  ) -> Scan<Self, State, Output, StepFailure> {
    Scan(base: self, state: state, widen: absurd, step: step)
  }
}

/// The sequence returned by `scan(into:_:)`.
public struct Scan<Base: AsyncSequence, State, Output, Failure: Error>: AsyncSequence {
  public typealias Element = Output
  /// Updates the state and makes an element.
  public typealias Step = @Sendable (inout State, Base.Element) async throws(Failure) -> Output?

  fileprivate let base: Base
  fileprivate let state: State
  fileprivate let widen: @Sendable (Base.Failure) -> Failure
  fileprivate let step: Step

  public func makeAsyncIterator() -> Iterator {
    Iterator(base: Fused.Iterator(base.makeAsyncIterator()), state: state, widen: widen, step: step)
  }

  /// Holds the state of one iteration.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var base: Fused<Base>.Iterator
    fileprivate var state: State
    fileprivate let widen: @Sendable (Base.Failure) -> Failure
    fileprivate let step: Step

    /// The next element; `nil` after the last.
    ///
    /// - Throws: the error of the base or the closure, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Output? {
      let element: Base.Element?
      do throws(Base.Failure) { element = try await base.next(isolation: actor) } catch { throw widen(error) }
      guard let element else { return nil }
      do throws(Failure) {
        if let output = try await step(&state, element) { return output }
      } catch {
        base.end()
        throw error
      }
      base.end()
      return nil
    }

    /// The next element; `nil` after the last.
    public mutating func next() async throws(Failure) -> Output? { try await next(isolation: #isolation) }
  }
}

extension Scan: Sendable where Base: Sendable, State: Sendable {}
