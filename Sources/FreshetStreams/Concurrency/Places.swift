// A counting semaphore that one task waits on.
import Synchronization

/// One task acquires places, any task releases them.
final class Places: Sendable {
  private struct State {
    var free: Int
    /// Waits for a place; nil while one is free.
    var waiter: UnsafeContinuation<Void, Never>?
  }

  private let state: Mutex<State>

  init(count: Int) { state = Mutex(State(free: count)) }

  /// Acquires a place, waiting if none is free. Ignores cancellation: the holders of places are cancelled and release
  /// them.
  func take() async {
    await withUnsafeContinuation { waiter in
      let isFree = state.withLock { state in
        guard state.free > 0 else {
          state.waiter = waiter
          return false
        }
        state.free -= 1
        return true
      }
      if isFree { waiter.resume() }
    }
  }

  func giveBack() {
    let waiter = state.withLock { state in
      let waiter = state.waiter.take()
      if waiter == nil { state.free += 1 }
      return waiter
    }
    waiter?.resume()
  }
}
