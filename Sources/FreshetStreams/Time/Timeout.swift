// A bound on the time that each element of a stream takes.

extension AsyncSequence where Self: Sendable, Element: Sendable, Failure == Never {
  /// The same elements, if each arrives within this time of being requested.
  ///
  /// Laws, in addition to those of ``AsyncGenerator``, which runs it: when an element takes longer, the sequence is
  /// cancelled, and ``TimeoutError/element`` is thrown once it has ended; if it does not react to cancellation, that is
  /// delayed. Time that the consumer takes does not count.
  ///
  /// - Parameters:
  ///   - each: the time for one element, the end included.
  ///   - clock: measures the time.
  public func timeout<C: Clock>(
    each limit: C.Duration, clock: C = ContinuousClock()
  ) -> AsyncGenerator<Element, TimeoutError> {
    AsyncGenerator { (yield: Yield<Element>) async throws(TimeoutError) in
      if case .interrupted = await readWatched(limit, clock, yield) { throw .element }
    }
  }
}

extension AsyncSequence where Self: Sendable, Element: Sendable {
  /// The same elements, if each arrives within this time of being requested; the sequence may also fail itself.
  @_disfavoredOverload
  public func timeout<C: Clock>(
    each limit: C.Duration, clock: C = ContinuousClock()
  ) -> AsyncGenerator<Element, any Error> {
    AsyncGenerator { yield in
      switch await readWatched(limit, clock, yield) {
      case .interrupted: throw TimeoutError.element
      case .end(let failure): if let failure { throw failure }
      }
    }
  }

  private func readWatched<C: Clock>(
    _ limit: C.Duration, _ clock: C, _ yield: Yield<Element>
  ) async -> Interruption<Self>.Outcome {
    let watch = Watch(clock: clock, limit: clock.slept(limit))
    return await Interruption(
      base: self, willAsk: { watch.begin() }, hasAsked: { watch.end() }, isOver: { watch.finish() }
    ).run(yield) { await watch.watch() }
  }
}
