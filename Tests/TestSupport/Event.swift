// For tests to wait on instead of sleeping: an event that happens once, and a log of events in order.
import Synchronization

/// Signals to any number of tasks that something has happened.
package final class Event: Sendable {
  private enum State {
    case waiting([CheckedContinuation<Void, Never>])
    case fired
  }

  private let state = Mutex(State.waiting([]))

  package init() {}

  /// Whether ``fire()`` was called.
  package var hasFired: Bool { state.withLock { if case .fired = $0 { true } else { false } } }

  /// Resumes all current and future waiters; a second call has no effect.
  package func fire() {
    let waiters: [CheckedContinuation<Void, Never>] = state.withLock { state in
      guard case .waiting(let waiters) = state else { return [] }
      state = .fired
      return waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when ``fire()`` has been called; ignores cancellation, so that a test can wait for the end of something.
  package func wait() async {
    await withCheckedContinuation { waiter in
      let fired = state.withLock { state in
        guard case .waiting(var waiters) = state else { return true }
        waiters.append(waiter)
        state = .waiting(waiters)
        return false
      }
      if fired { waiter.resume() }
    }
  }
}

/// Returns when the calling task is cancelled, and for no other reason.
package func waitForCancellation() async {
  let cancelled = Event()
  await withTaskCancellationHandler {
    await cancelled.wait()
  } onCancel: {
    cancelled.fire()
  }
}

/// Collects values from any task, in order of arrival.
package final class Log<Value: Sendable>: Sendable {
  private let storage = Mutex<[Value]>([])

  package init() {}

  package var values: [Value] { storage.withLock { $0 } }

  package func append(_ value: Value) { storage.withLock { $0.append(value) } }
}

/// An error of the tests, to check that it arrives with its type.
package struct Broken: Error, Equatable {
  package var number: Int

  package init(_ number: Int = 0) { self.number = number }
}
