// Begins a stream again when it fails.

extension AsyncSequence {
  /// The elements of this sequence, begun again when it fails.
  ///
  ///     let prices = feed.retrying(.exponential(first: .milliseconds(100), attempts: 5))
  ///
  /// A new iterator gives the elements from the beginning, also those that were received: where that is not wanted,
  /// `resume` makes the sequence to go on with, of the last element that was received. An element that comes ends the
  /// count of tries in a row. When the task is cancelled, the error is thrown and nothing is tried again.
  ///
  /// - Parameters:
  ///   - schedule: the waits, and when to give up: then the last error is thrown.
  ///   - clock: measures the waits.
  ///   - shouldRetry: whether an error is worth another try.
  ///   - resume: the sequence to go on with; is given the last element, or `nil` if there was none.
  public func retrying<C: Clock>(
    _ schedule: RetrySchedule, clock: C = ContinuousClock(),
    if shouldRetry: @escaping @Sendable (Failure) -> Bool = { _ in true },
    resume: (@Sendable (Element?) -> Self)? = nil
  ) -> Retrying<Self, C> where C.Duration == Duration {
    Retrying(base: self, schedule: schedule, clock: clock, shouldRetry: shouldRetry, resume: resume)
  }
}

/// What ``_Concurrency/AsyncSequence/retrying(_:clock:if:resume:)`` makes.
public struct Retrying<Base: AsyncSequence, C: Clock>: AsyncSequence where C.Duration == Duration {
  public typealias Element = Base.Element
  public typealias Failure = Base.Failure

  fileprivate let base: Base
  fileprivate let schedule: RetrySchedule
  fileprivate let clock: C
  fileprivate let shouldRetry: @Sendable (Base.Failure) -> Bool
  fileprivate let resume: (@Sendable (Base.Element?) -> Base)?

  public func makeAsyncIterator() -> Iterator {
    Iterator(recipe: self, current: Fused.Iterator(base.makeAsyncIterator()))
  }

  /// Reads one iterator of the base after the other.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let recipe: Retrying
    fileprivate var current: Fused<Base>.Iterator
    fileprivate var failures = 0
    fileprivate var last: Element?

    /// The next element; `nil` after the last.
    ///
    /// - Throws: the base's last error, once, when no further try is made.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      while true {
        do throws(Failure) {
          let element = try await current.next(isolation: actor)
          failures = 0
          if recipe.resume != nil, let element { last = element }
          return element
        } catch {
          guard await waitToRetry(error) else { throw error }
        }
        current = Fused.Iterator((recipe.resume?(last) ?? recipe.base).makeAsyncIterator())
      }
    }

    /// The next element; `nil` after the last.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }

    private mutating func waitToRetry(_ error: Failure) async -> Bool {
      failures += 1
      guard !Task.isCancelled, recipe.shouldRetry(error), let delay = recipe.schedule.delay(failures) else {
        return false
      }
      do { try await recipe.clock.sleep(for: delay) } catch { return false }
      return true
    }
  }
}

extension Retrying: Sendable where Base: Sendable {}
