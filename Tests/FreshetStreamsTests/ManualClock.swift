// A clock that a test advances.
import Synchronization

/// Starts at zero. A sleeping task is resumed when ``advance(by:)`` has passed its time.
final class ManualClock: Clock {
  struct Instant: InstantProtocol {
    var sinceStart: Duration

    func advanced(by duration: Duration) -> Instant { Instant(sinceStart: sinceStart + duration) }
    func duration(to other: Instant) -> Duration { other.sinceStart - sinceStart }
    static func < (left: Instant, right: Instant) -> Bool { left.sinceStart < right.sinceStart }
  }

  private struct Sleeper {
    let id: Int
    let due: Instant
    let continuation: UnsafeContinuation<Bool, Never>
  }

  private struct State {
    var now = Instant(sinceStart: .zero)
    var sleepers: [Sleeper] = []
    var lastID = 0
  }

  private let state = Mutex(State())

  var now: Instant { state.withLock { $0.now } }
  var minimumResolution: Duration { .zero }
  /// How many tasks sleep.
  var sleeperCount: Int { state.withLock { $0.sleepers.count } }

  /// Advances the time, and resumes all tasks that are due.
  func advance(by duration: Duration) {
    let awake = state.withLock { state in
      state.now = state.now.advanced(by: duration)
      defer { state.sleepers.removeAll { $0.due <= state.now } }
      return state.sleepers.filter { $0.due <= state.now }
    }
    for sleeper in awake { sleeper.continuation.resume(returning: true) }
  }

  func sleep(until due: Instant, tolerance: Duration?) async throws {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    let slept = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let isPast = state.withLock { state in
          if state.now >= due { return true }
          state.sleepers.append(Sleeper(id: id, due: due, continuation: continuation))
          return false
        }
        if isPast { return continuation.resume(returning: true) }
        // The cancellation handler may have run before there was a sleeper.
        if Task.isCancelled { cancel(id) }
      }
    } onCancel: {
      cancel(id)
    }
    if !slept { throw CancellationError() }
  }

  private func cancel(_ id: Int) {
    let sleeper = state.withLock { state in
      state.sleepers.firstIndex { $0.id == id }.map { state.sleepers.remove(at: $0) }
    }
    sleeper?.continuation.resume(returning: false)
  }
}
