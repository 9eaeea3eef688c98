// Restarts a stream when it fails.

extension AsyncSequence {
  /// The elements of this sequence, restarted when it fails.
  ///
  /// ```swift
  /// let prices = feed.retrying(.exponential(first: .milliseconds(100), attempts: 5))
  /// ```
  ///
  /// A new iterator starts from the beginning, including elements already received; if that is not wanted, `resume`
  /// makes the sequence to continue with, given the last received element. Receiving an element resets the count of
  /// consecutive attempts. When the task is cancelled, the error is thrown and there are no more attempts.
  ///
  /// The responses of a call, which are read once, are restarted by making the call anew. Other sequences that can be
  /// read only once, and adaptors of them such as `map`, need ``retrying(_:clock:if:_:)``.
  ///
  /// - Parameters:
  ///   - schedule: the waits, and when to give up: then the last error is thrown.
  ///   - clock: measures the waits.
  ///   - shouldRetry: whether to retry after an error. An error that it throws ends the stream.
  ///   - resume: the sequence to continue with; called with the last element, or `nil` if there was none. If it throws,
  ///     that counts as an error of the sequence: `shouldRetry` is called, and there may be another attempt.
  public func retrying<C: Clock>(
    _ schedule: RetrySchedule, clock: C = ContinuousClock(),
    if shouldRetry: @escaping @Sendable (Failure) async throws(Failure) -> Bool = { _ in true },
    resume: (@Sendable (Element?) async throws(Failure) -> Self)? = nil
  ) -> Retrying<Self, Failure, C> where C.Duration == Duration {
    Retrying(schedule: schedule, clock: clock, shouldRetry: shouldRetry, base: self, make: resume, widen: { $0 })
  }

  /// The elements of this sequence, restarted when it fails, with closures that may throw any error.
  @_disfavoredOverload
  public func retrying<C: Clock>(
    _ schedule: RetrySchedule, clock: C = ContinuousClock(),
    if shouldRetry: @escaping @Sendable (any Error) async throws -> Bool = { _ in true },
    resume: (@Sendable (Element?) async throws -> Self)? = nil
  ) -> Retrying<Self, any Error, C> where C.Duration == Duration {
    Retrying(schedule: schedule, clock: clock, shouldRetry: shouldRetry, base: self, make: resume, widen: { $0 })
  }
}

/// The elements of a sequence that is made anew for each attempt.
///
/// ```swift
/// let updates = retrying(.exponential(first: .milliseconds(100))) { last in
///   client.watch(.with { $0.after = last?.id ?? 0 }, options: try await signedIn())
/// }
/// ```
///
/// Nothing is made before the first `next()`. Receiving an element resets the count of consecutive attempts. When the
/// task is cancelled, the error is thrown and there are no more attempts.
///
/// - Parameters:
///   - schedule: the waits, and when to give up: then the last error is thrown.
///   - clock: measures the waits.
///   - shouldRetry: whether to retry after an error. An error that it throws ends the stream.
///   - make: the sequence to begin or continue with; called with the last element, or `nil` if there was none. If it
///     throws, that counts as an error of the sequence.
public func retrying<Base: AsyncSequence, C: Clock>(
  _ schedule: RetrySchedule, clock: C = ContinuousClock(),
  if shouldRetry: @escaping @Sendable (any Error) async throws -> Bool = { _ in true },
  _ make: @escaping @Sendable (_ last: Base.Element?) async throws -> Base
) -> Retrying<Base, any Error, C> where C.Duration == Duration {
  Retrying(schedule: schedule, clock: clock, shouldRetry: shouldRetry, base: nil, make: make, widen: { $0 })
}

/// A sequence that is read once, and may be able to be made again.
package protocol OncePerMaking: AsyncSequence {
  /// The same sequence, unread; `nil` if that is impossible.
  func madeAgain() -> Self?
}

/// The sequence returned by ``_Concurrency/AsyncSequence/retrying(_:clock:if:resume:)`` and
/// ``retrying(_:clock:if:_:)``.
public struct Retrying<Base: AsyncSequence, Failure: Error, C: Clock>: AsyncSequence where C.Duration == Duration {
  public typealias Element = Base.Element

  fileprivate let schedule: RetrySchedule
  fileprivate let clock: C
  fileprivate let shouldRetry: @Sendable (Failure) async throws(Failure) -> Bool
  /// The first sequence to read; `nil` if that is made as well.
  fileprivate let base: Base?
  /// Makes the next sequence to read; `nil` if that is the base again.
  fileprivate let make: (@Sendable (Base.Element?) async throws(Failure) -> Base)?
  fileprivate let widen: @Sendable (Base.Failure) -> Failure

  public func makeAsyncIterator() -> Iterator { Iterator(recipe: self) }

  /// Reads one iterator of the base after another.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let recipe: Retrying
    /// The next sequence to read, if already made.
    fileprivate var upcoming: Base?
    /// The sequence being read; `nil` before the first attempt and between attempts.
    fileprivate var current: Fused<Base>.Iterator?
    fileprivate var failures = 0
    fileprivate var last: Element?
    fileprivate var isOver = false

    fileprivate init(recipe: Retrying) {
      self.recipe = recipe
      upcoming = recipe.base
    }

    /// The next element; `nil` after the last.
    ///
    /// - Throws: the base's last error, once, when there is no further attempt.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      while !isOver {
        do throws(Failure) {
          guard let element = try await read(actor) else { break }
          failures = 0
          if recipe.make != nil { last = element }
          return element
        } catch {
          current = nil
          isOver = true  // unless there is another attempt
          try await prepare(behind: error)
          isOver = false
        }
      }
      end()
      return nil
    }

    /// The next element; `nil` after the last.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }

    private mutating func read(_ actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      if current == nil, let base = try await nextBase() { current = Fused.Iterator(base.makeAsyncIterator()) }
      do throws(Base.Failure) {
        return try await current?.next(isolation: actor)
      } catch { throw recipe.widen(error) }
    }

    private mutating func nextBase() async throws(Failure) -> Base? {
      if let base = upcoming.take() { return base }
      return try await recipe.make?(last)
    }

    /// Waits for the next attempt.
    private mutating func prepare(behind error: Failure) async throws(Failure) {
      failures += 1
      if Task.isCancelled { throw error }
      if recipe.make == nil {
        upcoming = recipe.base.flatMap { Self.again($0) }
        if upcoming == nil { throw error }
      }
      guard try await recipe.shouldRetry(error), let delay = recipe.schedule.delay(failures) else { throw error }
      do { try await recipe.clock.sleep(for: Swift.min(delay, .century)) } catch _ { throw error }
    }

    /// The sequence to read again; `nil` if that is impossible.
    private static func again(_ base: Base) -> Base? {
      func madeAgain<Once: OncePerMaking>(_ once: Once) -> Base? { once.madeAgain() as? Base }
      guard let once = base as? any OncePerMaking else { return base }
      return madeAgain(once)
    }

    private mutating func end() {
      isOver = true
      current = nil
      upcoming = nil
    }
  }
}

extension Retrying: Sendable where Base: Sendable {}
