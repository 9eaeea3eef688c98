// Slows a stream down.

extension AsyncSequence {
  /// The same elements, requested at most once per interval.
  ///
  /// ```swift
  /// let ticks = repeatWith { Date.now }.paced(every: .seconds(1))
  /// ```
  ///
  /// The first is requested at once. A consumer that was slower than the interval does not wait, and gets no burst
  /// afterwards: the next interval begins when an element is requested. When the task is cancelled during a wait, the
  /// stream ends.
  ///
  /// - Parameters:
  ///   - every: the minimum time from one request to the next.
  ///   - clock: measures the time.
  public func paced<C: Clock>(every interval: C.Duration, clock: C = ContinuousClock()) -> Paced<Self, C> {
    Paced(base: self, interval: clock.slept(interval), clock: clock)
  }
}

/// The sequence returned by ``_Concurrency/AsyncSequence/paced(every:clock:)``.
public struct Paced<Base: AsyncSequence, C: Clock>: AsyncSequence {
  public typealias Element = Base.Element
  public typealias Failure = Base.Failure

  fileprivate let base: Base
  fileprivate let interval: C.Duration
  fileprivate let clock: C

  public func makeAsyncIterator() -> Iterator {
    Iterator(base: Fused.Iterator(base.makeAsyncIterator()), interval: interval, clock: clock)
  }

  /// Waits before each request.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var base: Fused<Base>.Iterator
    fileprivate let interval: C.Duration
    fileprivate let clock: C
    fileprivate var due: C.Instant?

    /// The next element; `nil` after the last.
    ///
    /// - Throws: the error of the base, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      guard !base.isOver else { return nil }
      if let due, clock.now < due {
        do { try await clock.sleep(until: due, tolerance: nil) } catch {
          base.end()
          return nil
        }
      }
      due = clock.now.advanced(by: interval)
      return try await base.next(isolation: actor)
    }

    /// The next element; `nil` after the last.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}

extension Paced: Sendable where Base: Sendable {}
