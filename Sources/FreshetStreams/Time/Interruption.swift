// Reads a stream until something else happens.

/// Yields the elements of a sequence until an event ends that.
///
/// The elements are read by one child task, the event is waited for by another; whichever is done first cancels the
/// other, and both have ended when ``run(_:until:)`` returns.
struct Interruption<Base: AsyncSequence & Sendable>: Sendable where Base.Element: Sendable {
  enum Outcome: Sendable {
    /// The sequence came to its end, or failed.
    case end(Base.Failure?)
    case interrupted
  }

  let base: Base
  /// Is told when an element is asked for, when it or the end is there, and when nothing more is asked for.
  var willAsk: @Sendable () -> Void = {}
  var hasAsked: @Sendable () -> Void = {}
  var isOver: @Sendable () -> Void = {}

  /// - Parameter event: returns true when it has happened, false if its task was cancelled before.
  func run(_ yield: Yield<Base.Element>, until event: @escaping @Sendable () async -> Bool) async -> Outcome {
    await withTaskGroup(of: Outcome?.self) { group in
      group.addTask { .end(await read(yield)) }
      group.addTask { await event() ? .interrupted : nil }
      var outcome: Outcome?
      while outcome == nil, let next = await group.next() { outcome = next }
      group.cancelAll()
      return outcome ?? .end(nil)
    }
  }

  private func read(_ yield: Yield<Base.Element>) async -> Base.Failure? {
    defer { isOver() }
    var elements = base.makeAsyncIterator()
    do throws(Base.Failure) {
      while let element = try await next(&elements) {
        // Refused: the consumer has gone or the event has happened.
        do { try await yield(element) } catch { return nil }
      }
      return nil
    } catch { return error }
  }

  private func next(_ elements: inout Base.AsyncIterator) async throws(Base.Failure) -> Base.Element? {
    guard !Task.isCancelled else { return nil }
    willAsk()
    defer { hasAsked() }
    return try await elements.next(isolation: #isolation)
  }
}
