// A value that is set once, and the tasks that wait for it.
import Synchronization

/// Set once, which resumes its waiters; cancellation resumes a waiter early. Thread-safe.
package final class OneShot<Value: Sendable>: Sendable {
  private enum State {
    /// → set
    case pending([UInt64: UnsafeContinuation<Value?, Never>])
    /// Final.
    case set(Value)
  }

  private enum Now { case value(Value), cancelled, wait }

  private let state = Mutex(State.pending([:]))
  private let ids = Atomic<UInt64>(0)

  package init() {}

  /// Sets the value; only the first one counts.
  package func set(_ value: Value) {
    let waiters = state.withLock { state -> [UnsafeContinuation<Value?, Never>] in
      guard case .pending(let waiters) = state else { return [] }
      state = .set(value)
      return Array(waiters.values)
    }
    for waiter in waiters { waiter.resume(returning: value) }
  }

  /// Waits for the value.
  /// - Returns: nil if the task was cancelled first.
  package func wait() async -> Value? {
    let id = ids.add(1, ordering: .relaxed).newValue
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let now = state.withLock { state -> Now in
          switch state {
          case .set(let value): return .value(value)
          case .pending(var waiters):
            // A cancellation that comes after this check finds the continuation and resumes it.
            if Task.isCancelled { return .cancelled }
            waiters[id] = continuation
            state = .pending(waiters)
            return .wait
          }
        }
        switch now {
        case .value(let value): continuation.resume(returning: value)
        case .cancelled: continuation.resume(returning: nil)
        case .wait: break
        }
      }
    } onCancel: {
      let waiter = state.withLock { state -> UnsafeContinuation<Value?, Never>? in
        guard case .pending(var waiters) = state else { return nil }
        let waiter = waiters.removeValue(forKey: id)
        state = .pending(waiters)
        return waiter
      }
      waiter?.resume(returning: nil)
    }
  }
}
