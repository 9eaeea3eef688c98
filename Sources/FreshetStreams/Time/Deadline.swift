// A time by which a stream must have ended.

extension AsyncSequence where Self: Sendable, Element: Sendable, Failure == Never {
  /// The same elements, if the sequence ends before this time.
  ///
  /// Laws, in addition to those of ``AsyncGenerator``, which runs it: at that time the sequence is cancelled, and
  /// ``TimeoutError/deadline`` is thrown to the waiting consumer or at its next `next()`, once this sequence has ended;
  /// if it does not react to cancellation, that is delayed. An element that arrives at that moment may be dropped.
  ///
  /// - Parameters:
  ///   - instant: on the clock.
  ///   - clock: measures the time.
  public func deadline<C: Clock>(
    _ instant: C.Instant, clock: C = ContinuousClock()
  ) -> AsyncGenerator<Element, TimeoutError> {
    AsyncGenerator { (yield: Yield<Element>) async throws(TimeoutError) in
      if case .interrupted = await readUntil(instant, clock, yield) { throw .deadline }
    }
  }
}

extension AsyncSequence where Self: Sendable, Element: Sendable {
  /// The same elements, if the sequence ends before this time; it may also fail itself.
  @_disfavoredOverload
  public func deadline<C: Clock>(
    _ instant: C.Instant, clock: C = ContinuousClock()
  ) -> AsyncGenerator<Element, any Error> {
    AsyncGenerator { yield in
      switch await readUntil(instant, clock, yield) {
      case .interrupted: throw TimeoutError.deadline
      case .end(let failure): if let failure { throw failure }
      }
    }
  }

  private func readUntil<C: Clock>(
    _ instant: C.Instant, _ clock: C, _ yield: Yield<Element>
  ) async -> Interruption<Self>.Outcome {
    await Interruption(base: self).run(yield) {
      do { try await clock.sleep(until: clock.slept(until: instant), tolerance: nil) } catch { return false }
      return true
    }
  }
}
