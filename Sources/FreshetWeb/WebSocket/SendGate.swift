// Lets tasks wait for room one at a time.
import FreshetCore
import Synchronization

/// Only one task may wait for a stream's room (`TransportStream.waitForRoom`); others wait here, in their order.
final class SendGate: Sendable {
  private struct State {
    var isTaken = false
    var nextID = 0
    var waiting: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    /// Tasks that were cancelled before they began to wait.
    var cancelled: Set<Int> = []
  }

  private let state = Mutex(State())

  /// Calls `body` while no other task does.
  /// - Throws: what it throws; `CANCELLED` if the task was cancelled while it waited.
  func pass(_ body: () async throws(RPCError) -> Void) async throws(RPCError) {
    guard await enter() else {
      throw RPCError(code: .cancelled, message: "the task was cancelled while it waited to send")
    }
    defer { leave() }
    try await body()
  }

  /// - Returns: false if the task was cancelled.
  private func enter() async -> Bool {
    let id = state.withLock { state -> Int? in
      if !state.isTaken {
        state.isTaken = true
        return nil
      }
      state.nextID += 1
      return state.nextID
    }
    guard let id else { return true }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let entered = state.withLock { state -> Bool? in
          if state.cancelled.remove(id) != nil { return false }
          if state.isTaken {
            state.waiting.append((id, continuation))
            return nil
          }
          state.isTaken = true
          return true
        }
        if let entered { continuation.resume(returning: entered) }
      }
    } onCancel: {
      let waiting = state.withLock { state -> CheckedContinuation<Bool, Never>? in
        guard let place = state.waiting.firstIndex(where: { $0.id == id }) else {
          state.cancelled.insert(id)
          return nil
        }
        return state.waiting.remove(at: place).continuation
      }
      waiting?.resume(returning: false)
    }
  }

  private func leave() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      if state.waiting.isEmpty {
        state.isTaken = false
        return nil
      }
      return state.waiting.removeFirst().continuation
    }
    next?.resume(returning: true)
  }
}
