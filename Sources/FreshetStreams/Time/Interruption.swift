// Reads a stream until some event.

/// Yields the elements of a sequence until an event.
///
/// One child task reads the elements, another waits for the event; the first one to finish cancels the other, and both
/// have ended when ``run(_:until:)`` returns.
struct Interruption<Base: AsyncSequence & Sendable>: Sendable where Base.Element: Sendable {
  enum Outcome: Sendable {
    /// The sequence ended or failed.
    case end(Base.Failure?)
    case interrupted
  }

  let base: Base
  /// Called when an element is requested, when it or the end arrives, and when nothing more is requested.
  var willAsk: @Sendable () -> Void = {}
  var hasAsked: @Sendable () -> Void = {}
  var isOver: @Sendable () -> Void = {}

  /// - Parameter event: returns true when it has happened, false if its task was cancelled first.
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
        // Refused: the consumer is gone or the event has happened.
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
