// Detects that an element takes too long, without a timer per element.
import Synchronization

/// Knows since when an element is awaited; one task reports that, another one watches.
///
/// The watcher sleeps until the current wait would be too long, and then checks whether it is still the same one. While
/// there is no wait, it sleeps without a timer.
final class Watch<C: Clock>: Sendable {
  private enum State {
    /// There is no wait.
    case idle
    /// An element was requested at this time.
    case asking(since: C.Instant)
    /// There is no wait, and the watcher sleeps until there is one.
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

  /// An element is requested.
  func begin() {
    let now = clock.now
    let watcher: UnsafeContinuation<C.Instant?, Never>? = state.withLock { state in
      defer { state = .asking(since: now) }
      if case .dozing(let watcher) = state { return watcher }
      return nil
    }
    watcher?.resume(returning: now)
  }

  /// The element has arrived.
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

  /// Returns true when a wait is too long, false when there will be no more or the task is cancelled.
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
