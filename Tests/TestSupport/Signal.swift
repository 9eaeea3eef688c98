// A result that one task sets and others wait for.
import Synchronization

/// Set once, awaited by any number of tasks.
public final class Signal<Value: Sendable>: Sendable {
  private enum State {
    case pending([CheckedContinuation<Value, any Error>])
    case set(Result<Value, any Error>)
  }

  private let state = Mutex(State.pending([]))

  public init() {}

  /// Only the first value counts.
  public func set(_ result: Result<Value, any Error>) {
    let waiters = state.withLock { state -> [CheckedContinuation<Value, any Error>] in
      guard case .pending(let waiters) = state else { return [] }
      state = .set(result)
      return waiters
    }
    for waiter in waiters { waiter.resume(with: result) }
  }

  public var isSet: Bool {
    state.withLock { state in
      if case .set = state { true } else { false }
    }
  }

  public func set(_ value: Value) { set(.success(value)) }

  public func value() async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let known = state.withLock { state -> Result<Value, any Error>? in
        switch state {
        case .set(let result): return result
        case .pending(let waiters):
          state = .pending(waiters + [continuation])
          return nil
        }
      }
      if let known { continuation.resume(with: known) }
    }
  }
}

extension Signal where Value == Void {
  public func set() { set(.success(())) }
}
