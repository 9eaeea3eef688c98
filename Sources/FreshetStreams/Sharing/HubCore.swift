// State that a hub shares with its subscribers: the state machine under its lock, and its waiters.
import Synchronization

/// Owned by the hub and its subscribers. Thread-safe.
final class HubCore<Element: Sendable>: SubscriberSource {
  typealias Failure = Never
  typealias Delivery = SubscriberDelivery<Element, Never>
  private typealias Publisher = UnsafeContinuation<Result<Int, SendError>, Never>
  private typealias State = HubState<Element, Publisher, UnsafeContinuation<Delivery, Never>>

  private let state = Mutex(State())
  private let lastID = Atomic<Int>(0)

  var subscriberCount: Int { state.withLock { $0.subscriberCount } }

  /// Publishes an element to all subscribers, and waits until they have room.
  /// - Returns: how many there were.
  @discardableResult
  func publish(_ element: Element, isolation: isolated (any Actor)? = #isolation) async throws(SendError) -> Int {
    if Task.isCancelled { throw .cancelled }
    if let reached = try tryPublish(element) { return reached }
    let id = lastID.wrappingAdd(1, ordering: .relaxed).newValue
    let result = await withTaskCancellationHandler {
      await withUnsafeContinuation { (publisher: Publisher) in
        if let result = publish(element, (id, publisher)) {
          publisher.resume(returning: result)
        } else if Task.isCancelled {  // the cancellation handler may have run before the wait began
          cancel(id)
        }
      }
    } onCancel: {
      cancel(id)
    }
    return try result.get()
  }

  /// Publishes an element to all subscribers if none of them has to be waited for.
  func tryPublish(_ element: Element) throws(SendError) -> Int? { try publish(element, nil)?.get() }

  /// - Returns: `nil` if there is no room.
  private func publish(_ element: Element, _ waiting: (Int, Publisher)?) -> Result<Int, SendError>? {
    switch state.withLock({ $0.publish(element, waiting) }) {
    case .published(let reached, let outcome):
      tell(outcome)
      return .success(reached)
    case .wait: return nil
    case .finished: return .failure(.finished)
    }
  }

  private func cancel(_ id: Int) { state.withLock { $0.cancel(id) }?.resume(returning: .failure(.cancelled)) }

  func finish() {
    let (waiters, refused) = state.withLock { $0.finish() }
    for waiter in waiters { waiter.resume(returning: .end(nil)) }
    for publisher in refused { publisher.resume(returning: .failure(.finished)) }
  }

  func subscribe(bound: Int, overflow: Overflow) -> Subscriber<HubCore> {
    Subscriber(of: self, id: state.withLock { $0.subscribe(bound: bound, overflow: overflow) })
  }

  func demand(_ id: Int, _ waiter: UnsafeContinuation<Delivery, Never>) {
    let (delivery, outcome) = state.withLock { $0.demand(id, waiter) }
    switch delivery {
    case .element(let element, let missed): waiter.resume(returning: .element(element, missed: missed))
    case .end: waiter.resume(returning: .end(nil))
    case .disconnected: waiter.resume(returning: .disconnected)
    case .wait: break
    }
    tell(outcome)
  }

  func leave(_ id: Int) {
    let departure = state.withLock { $0.leave(id) }
    for waiter in departure.waiters { waiter.resume(returning: .end(nil)) }
    tell(departure.outcome)
  }

  private func tell(_ outcome: State.Outcome) {
    for (waiter, element, missed) in outcome.served {
      waiter.resume(returning: .element(element, missed: missed))
    }
    for (publisher, reached) in outcome.published { publisher.resume(returning: .success(reached)) }
  }
}
