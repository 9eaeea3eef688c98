// Lets tasks send one at a time.
import Synchronization

/// Messages go out one after the other: one in fragments must not be interrupted by another (RFC 6455 §5.4), and only one
/// task may wait for a stream's room (`TransportStream.waitForRoom`). Others wait here, in their order.
final class SendGate: Sendable {
  private struct Waiting {
    var nextID = 0
    var tasks: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    /// Tasks that were cancelled before they began to wait.
    var cancelled: Set<Int> = []
  }

  private static let free = 0
  private static let taken = 1
  /// Taken, and perhaps others wait.
  private static let wanted = 2

  private let gate = Atomic(free)
  private let waiting = Mutex(Waiting())

  /// - Returns: false if another task sends. Otherwise `leave` must follow.
  func tryEnter() -> Bool {
    gate.compareExchange(expected: Self.free, desired: Self.taken, ordering: .acquiring).exchanged
  }

  /// Waits until no other task sends.
  /// - Returns: false if the task was cancelled. Otherwise `leave` must follow.
  func enter() async -> Bool {
    if tryEnter() { return true }
    let id = waiting.withLock { waiting in
      waiting.nextID += 1
      return waiting.nextID
    }
    let entered = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if let entered = wait(id, continuation) { continuation.resume(returning: entered) }
      }
    } onCancel: {
      cancel(id)
    }
    if Task.isCancelled { waiting.withLock { _ = $0.cancelled.remove(id) } }
    return entered
  }

  /// - Returns: nil if the task waits; else whether it has entered.
  private func wait(_ id: Int, _ continuation: CheckedContinuation<Bool, Never>) -> Bool? {
    waiting.withLock { waiting in
      if waiting.cancelled.contains(id) { return false }
      // From here on a task that leaves looks for others.
      if gate.exchange(Self.wanted, ordering: .acquiringAndReleasing) == Self.free { return true }
      waiting.tasks.append((id, continuation))
      return nil
    }
  }

  private func cancel(_ id: Int) {
    let waiter = waiting.withLock { waiting -> CheckedContinuation<Bool, Never>? in
      guard let place = waiting.tasks.firstIndex(where: { $0.id == id }) else {
        waiting.cancelled.insert(id)
        return nil
      }
      return waiting.tasks.remove(at: place).continuation
    }
    waiter?.resume(returning: false)
  }

  func leave() {
    if gate.compareExchange(expected: Self.taken, desired: Self.free, ordering: .releasing).exchanged { return }
    let next = waiting.withLock { waiting -> CheckedContinuation<Bool, Never>? in
      if waiting.tasks.isEmpty {
        gate.store(Self.free, ordering: .releasing)
        return nil
      }
      return waiting.tasks.removeFirst().continuation
    }
    next?.resume(returning: true)
  }
}
