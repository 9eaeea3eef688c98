// Whether a method's handlers may share the thread of their connection.
import NIOCore
import Synchronization

/// What is known of one method's handlers. Those that hold their loop twice within a minute leave it for good.
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

  /// A handler has held the loop.
  /// - Parameter isCertain: whether the handler was surely the cause; of the first hold that is not known.
  /// - Returns: whether the handlers leave it now.
  func hold(at now: NIODeadline, isCertain: Bool) -> Bool {
    state.withLock { state in
      defer { state.lastHold = now }
      guard isCertain, !hasLeft, let last = state.lastHold, now - last <= Self.interval else { return false }
      isSlow.store(true, ordering: .relaxed)
      return true
    }
  }

  /// Whether a long hold is the method's first, which alone is logged.
  func isFirstLongHold() -> Bool {
    state.withLock { state in
      defer { state.hasBeenLogged = true }
      return !state.hasBeenLogged
    }
  }
}
