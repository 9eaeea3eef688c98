// A result that one task sets and others wait for.
import Synchronization

/// Set once, awaited by any number of tasks.
public final class Signal<Value: Sendable>: Sendable {
  private typealias Waiter = CheckedContinuation<Value, any Error>

  private enum State {
    case pending([UInt64: Waiter])
    case set(Result<Value, any Error>)
  }

  private let state = Mutex(State.pending([:]))
  private let lastID = Atomic<UInt64>(0)

  public init() {}

  /// Only the first value counts.
  public func set(_ result: Result<Value, any Error>) {
    let waiters = state.withLock { state -> [UInt64: Waiter] in
      guard case .pending(let waiters) = state else { return [:] }
      state = .set(result)
      return waiters
    }
    for waiter in waiters.values { waiter.resume(with: result) }
  }

  public var isSet: Bool {
    state.withLock { state in
      if case .set = state { true } else { false }
    }
  }

  public func set(_ value: Value) { set(.success(value)) }

  /// The value, once set.
  /// - Throws: the error that was set; `CancellationError` if the task is cancelled first.
  public func value() async throws -> Value {
    let id = lastID.wrappingAdd(1, ordering: .relaxed).newValue
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        let known = state.withLock { state -> Result<Value, any Error>? in
          guard case .pending(var waiters) = state else {
            if case .set(let result) = state { return result }
            return nil
          }
          waiters[id] = waiter
          state = .pending(waiters)
          return nil
        }
        if let known { return waiter.resume(with: known) }
        // The cancellation handler may have run before there was a waiter.
        if Task.isCancelled { giveUp(id) }
      }
    } onCancel: {
      giveUp(id)
    }
  }

  private func giveUp(_ id: UInt64) {
    let waiter = state.withLock { state -> Waiter? in
      guard case .pending(var waiters) = state else { return nil }
      defer { state = .pending(waiters) }
      return waiters.removeValue(forKey: id)
    }
    waiter?.resume(throwing: CancellationError())
  }
}

extension Signal where Value == Void {
  public func set() { set(.success(())) }
}
