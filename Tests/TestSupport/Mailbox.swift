// Values that come one after the other, for a test that waits for them.
import Synchronization

/// `put` from anywhere; `next` gives them in order, to one task at a time.
public final class Mailbox<Element: Sendable>: Sendable {
  private struct State {
    var elements: [Element] = []
    var waiters: [CheckedContinuation<Element, Never>] = []
  }

  private let state = Mutex(State())

  public init() {}

  public func put(_ element: Element) {
    let waiter = state.withLock { state -> CheckedContinuation<Element, Never>? in
      if !state.waiters.isEmpty { return state.waiters.removeFirst() }
      state.elements.append(element)
      return nil
    }
    waiter?.resume(returning: element)
  }

  public func next() async -> Element {
    await withCheckedContinuation { continuation in
      let now = state.withLock { state -> Element? in
        if !state.elements.isEmpty { return state.elements.removeFirst() }
        state.waiters.append(continuation)
        return nil
      }
      if let now { continuation.resume(returning: now) }
    }
  }

  public func removeAll() { state.withLock { $0.elements = [] } }

  public var count: Int { state.withLock { $0.elements.count } }
}
