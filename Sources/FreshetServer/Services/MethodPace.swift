// Decides whether a method's handlers may run on the thread of their connection.
import NIOCore
import Synchronization

/// Tracks one method's handlers. If they block their loop twice within a minute, they leave it for good.
final class MethodPace: Sendable {
  private struct State {
    var lastHold: NIODeadline?
    var hasBeenLogged = false
  }

  private let state = Mutex(State())
  private let isSlow = Atomic(false)

  /// Whether the handlers have left the loop.
  var hasLeft: Bool { isSlow.load(ordering: .relaxed) }

  private static let interval = TimeAmount.minutes(1)

  /// A handler has blocked the loop.
  /// - Parameter isCertain: whether the handler was certainly the cause; for the first occurrence that is not known.
  /// - Returns: whether the handlers leave it now.
  func hold(at now: NIODeadline, isCertain: Bool) -> Bool {
    state.withLock { state in
      defer { state.lastHold = now }
      guard isCertain, !hasLeft, let last = state.lastHold, now - last <= Self.interval else { return false }
      isSlow.store(true, ordering: .relaxed)
      return true
    }
  }

  /// Whether a long occurrence is the method's first; only that is logged.
  func isFirstLongHold() -> Bool {
    state.withLock { state in
      defer { state.hasBeenLogged = true }
      return !state.hasBeenLogged
    }
  }
}
