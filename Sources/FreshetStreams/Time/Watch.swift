// Notices that an element has been waited for too long, without a timer for each element.
import Synchronization

/// Knows since when an element is waited for; one task tells it, another one watches.
///
/// The watcher sleeps until the present wait would be too long, and then looks whether it is still the same. While
/// nothing is waited for, it sleeps without a timer.
final class Watch<C: Clock>: Sendable {
  private enum State {
    /// Nothing is waited for.
    case idle
    /// An element is waited for since then.
    case asking(since: C.Instant)
    /// Nothing is waited for, and the watcher sleeps until something is.
    case dozing(UnsafeContinuation<C.Instant?, Never>)
    /// There will be no further waits.
    case over
  }

  private let clock: C
  private let limit: C.Duration
  private let state = Mutex(State.idle)

  init(clock: C, limit: C.Duration) {
    self.clock = clock
    self.limit = limit
  }

  /// An element is asked for.
  func begin() {
    let now = clock.now
    let watcher: UnsafeContinuation<C.Instant?, Never>? = state.withLock { state in
      defer { state = .asking(since: now) }
      if case .dozing(let watcher) = state { return watcher }
      return nil
    }
    watcher?.resume(returning: now)
  }

  /// The element is there.
  func end() { state.withLock { if case .asking = $0 { $0 = .idle } } }

  /// There will be no further waits.
  func finish() {
    let watcher: UnsafeContinuation<C.Instant?, Never>? = state.withLock { state in
      defer { state = .over }
      if case .dozing(let watcher) = state { return watcher }
      return nil
    }
    watcher?.resume(returning: nil)
  }

  /// Returns true when a wait is too long, false when there are no further ones or the task is cancelled.
  func watch() async -> Bool {
    while let begun = await beginOfWait() {
      let due = begun.advanced(by: limit)
      do { try await clock.sleep(until: due, tolerance: nil) } catch { return false }
      let isTooLong = state.withLock { if case .asking(let since) = $0 { since == begun } else { false } }
      if isTooLong { return true }
    }
    return false
  }

  private func beginOfWait() async -> C.Instant? {
    await withUnsafeContinuation { watcher in
      let known: C.Instant?? = state.withLock { state in
        switch state {
        case .asking(let since): return .some(since)
        case .over: return .some(nil)
        case .idle, .dozing:
          state = .dozing(watcher)
          return nil
        }
      }
      if let known { watcher.resume(returning: known) }
    }
  }
}
