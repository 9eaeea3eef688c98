// The beginning of a stream, up to an event.

extension AsyncSequence where Self: Sendable, Element: Sendable {
  /// The elements that arrive before the closure returns.
  ///
  /// ```swift
  /// let lines = log.lines.prefix(until: { await shutdown.wait() })
  /// ```
  ///
  /// Laws, in addition to those of ``AsyncGenerator``, which runs it: the closure is called at the first `next()`, in a
  /// task of its own. When it returns, this sequence is cancelled and the stream ends, even while waiting for an
  /// element; one that arrives at the same moment may be dropped. When the stream ends first, or its consumer is
  /// dropped, the closure's task is cancelled, and it must return then.
  ///
  /// - Parameter event: returns when the stream should end.
  public func prefix(until event: @escaping @Sendable () async -> Void) -> AsyncGenerator<Element, Failure> {
    AsyncGenerator { (yield: Yield<Element>) async throws(Failure) in
      let outcome = await Interruption(base: self).run(yield) {
        await event()
        return true
      }
      if case .end(let failure?) = outcome { throw failure }
    }
  }
}
