// Counts how many may be at work, and has one task wait for a place.
import Synchronization

/// One task takes places, any task gives them back.
final class Places: Sendable {
  private struct State {
    var free: Int
    /// Waits for a place; nobody while one is free.
    var waiter: UnsafeContinuation<Void, Never>?
  }

  private let state: Mutex<State>

  init(count: Int) { state = Mutex(State(free: count)) }

  /// Takes a place, and waits for it if none is free. Ignores cancellation: the holder of a place hears it and gives the place back.
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
