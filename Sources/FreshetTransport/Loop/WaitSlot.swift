// One task that waits for one event, and the three ways in which its wait ends.

/// Holds at most one waiting task. Confined to a loop. A wait has a number that is unique to its stream, so that a
/// cancellation which overtakes its own wait on the way to the loop is still recognised.
struct WaitSlot<Value: Sendable> {
  typealias Continuation = UnsafeContinuation<Value, Never>

  private enum State {
    /// No task waits. → waiting, cancelledAhead
    case idle
    /// → idle
    case waiting(UInt64, Continuation)
    /// This wait was cancelled before it began. → idle
    case cancelledAhead(UInt64)
  }

  private var state = State.idle

  var isWaiting: Bool {
    if case .waiting = state { true } else { false }
  }

  enum OnWait { case waiting, cancelled, occupied }

  /// Begins a wait, unless it was already cancelled or another task waits here: then the caller resumes.
  mutating func wait(_ id: UInt64, _ continuation: Continuation) -> OnWait {
    switch state {
    case .cancelledAhead(id):
      state = .idle
      return .cancelled
    case .idle, .cancelledAhead:
      state = .waiting(id, continuation)
      return .waiting
    case .waiting:
      return .occupied
    }
  }

  /// The wait is over.
  /// - Returns: the continuation, for the caller to resume once.
  mutating func wake() -> Continuation? {
    guard case .waiting(_, let continuation) = state else { return nil }
    state = .idle
    return continuation
  }

  /// The task of wait `id` was cancelled.
  mutating func cancel(_ id: UInt64) -> Continuation? {
    switch state {
    case .waiting(id, let continuation):
      state = .idle
      return continuation
    case .idle, .cancelledAhead:
      state = .cancelledAhead(id)
      return nil
    case .waiting:
      return nil  // a wait that already ended
    }
  }
}
