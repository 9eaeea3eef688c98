// The stream that waits forever.
import Synchronization

/// A sequence that has no element and no end, until the task that waits for it is cancelled: then it ends.
///
/// - Parameter of: the type of the elements.
public func never<Element>(of: Element.Type = Element.self) -> NeverEnding<Element> { NeverEnding() }

/// The sequence returned by ``never(of:)``.
public struct NeverEnding<Element>: AsyncSequence, Sendable {
  public typealias Failure = Never

  public func makeAsyncIterator() -> Iterator { Iterator() }

  /// Waits.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    private var isOver = false

    fileprivate init() {}

    /// Returns `nil` when the task is cancelled, and from then on at once.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
      if !isOver { await untilCancelled() }
      isOver = true
      return nil
    }

    /// Returns `nil` when the task is cancelled, and from then on at once.
    public mutating func next() async -> Element? { await next(isolation: #isolation) }
  }
}

/// Returns when the calling task is cancelled.
private func untilCancelled(isolation: isolated (any Actor)? = #isolation) async {
  enum State {
    case idle, waiting(UnsafeContinuation<Void, Never>), cancelled
  }
  let state = Mutex(State.idle)
  await withTaskCancellationHandler {
    await withUnsafeContinuation { waiter in
      let isCancelled = state.withLock { state in
        if case .cancelled = state { return true }
        state = .waiting(waiter)
        return false
      }
      if isCancelled { waiter.resume() }
    }
  } onCancel: {
    let waiter: UnsafeContinuation<Void, Never>? = state.withLock { state in
      defer { state = .cancelled }
      if case .waiting(let waiter) = state { return waiter }
      return nil
    }
    waiter?.resume()
  }
}
