// Connects a channel's producers and its consumer: the state machine under its lock, and the waiters.
import Synchronization

/// The result for a channel's consumer.
enum ChannelDelivery: Sendable {
  case element(ChannelCore.Element)
  /// A failure is boxed like an element.
  case end(ChannelCore.Failure?)
}

/// Shared by the sinks and the stream of a channel.
///
/// Elements are boxed, so this class is not generic: unspecialised generic types are looked up at run time on each use,
/// which costs several times more than the boxes (measured).
///
/// Thread-safe. Continuations are resumed outside the lock by the code that took them out of the state.
final class ChannelCore: Sendable {
  typealias Element = any AnyObject & Sendable
  typealias Failure = any AnyObject & Sendable
  typealias Delivery = ChannelDelivery
  private typealias State = ChannelState<Element, Failure, Waiter, Consumer>
  private typealias Waiter = UnsafeContinuation<SendError?, Never>
  private typealias Consumer = UnsafeContinuation<Delivery, Never>

  private let state: Mutex<State>
  private let lastID = Atomic<Int>(0)

  init(capacity: Int) { state = Mutex(State(capacity: capacity)) }

  var isGone: Bool { state.withLock { $0.isGone } }

  /// Sends an element and waits until the channel has accepted it; at capacity 0, until the consumer has received it.
  func send(_ element: Element, isolation: isolated (any Actor)? = #isolation) async throws(SendError) {
    if Task.isCancelled { throw .cancelled }
    if try trySend(element) { return }
    try await wait { state, waiting in
      switch state.send(element, waiting) {
      case .accepted: .done(nil)
      case .deliver(let consumer): .deliver(consumer, element)
      case .wait: .wait
      case .refuse(let error): .done(error)
      }
    }
  }

  /// Sends an element if there is room now.
  func trySend(_ element: Element) throws(SendError) -> Bool {
    switch state.withLock({ $0.send(element, nil) }) {
    case .accepted: return true
    case .deliver(let consumer):
      consumer.resume(returning: .element(element))
      return true
    case .wait: return false
    case .refuse(let error): throw error
    }
  }

  /// Waits until all elements are received.
  func flush(isolation: isolated (any Actor)? = #isolation) async throws(SendError) {
    try await wait { state, waiting in
      switch state.flush(waiting) {
      case nil: .wait
      case .success: .done(nil)
      case .failure(let error): .done(error)
      }
    }
  }

  /// Waits until the consumer is gone.
  func whenGone(isolation: isolated (any Actor)? = #isolation) async throws(SendError) {
    try await wait { state, waiting in state.watch(waiting) ? .done(nil) : .wait }
  }

  /// No further elements; the consumer receives this end after the buffered ones.
  func finish(_ failure: Failure?) {
    guard let (consumers, watching) = state.withLock({ $0.finish(failure) }) else { return }
    for (place, consumer) in consumers.enumerated() { consumer.resume(returning: .end(place == 0 ? failure : nil)) }
    for waiter in watching { waiter.resume(returning: nil) }
  }

  /// The next element or the end; waits for it. A cancelled task leaves the channel, which ends it.
  func next(isolation: isolated (any Actor)? = #isolation) async -> Delivery {
    if Task.isCancelled {
      leave()
    } else if let delivery = tryNext() {
      return delivery
    }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { consumer in
        if let delivery = give(state.withLock { $0.next(consumer) }) { consumer.resume(returning: delivery) }
        // The cancellation handler may have run before there was a consumer.
        if Task.isCancelled { leave() }
      }
    } onCancel: {
      leave()
    }
  }

  /// The next element or the end, if available.
  private func tryNext() -> Delivery? { give(state.withLock { $0.next(nil) }) }

  /// The next element, if available.
  func tryTake() -> Element? {
    guard let (element, waiters) = state.withLock({ $0.takeReady() }) else { return nil }
    for waiter in waiters { waiter.resume(returning: nil) }
    return element
  }

  private func give(_ answer: State.OnNext) -> Delivery? {
    switch answer {
    case .wait: return nil
    case .give(let element, let waiters):
      for waiter in waiters { waiter.resume(returning: nil) }
      return .element(element)
    case .end(let failure, let waiters):
      for waiter in waiters { waiter.resume(returning: nil) }
      return .end(failure)
    }
  }

  /// The consumer is gone; a waiting sender learns that its element was not received.
  func leave() {
    let departure = state.withLock { $0.leave() }
    for consumer in departure.consumers { consumer.resume(returning: .end(nil)) }
    for waiter in departure.refused { waiter.resume(returning: .gone(unreceived: departure.unreceived)) }
    for waiter in departure.watching { waiter.resume(returning: nil) }
  }

  private enum Registration {
    case wait
    case done(SendError?)
    case deliver(Consumer, Element)
  }

  /// Registers a waiting task, and waits.
  private func wait(
    isolation: isolated (any Actor)? = #isolation,
    _ register: (inout State, (id: Int, waiter: Waiter)) -> Registration
  ) async throws(SendError) {
    let id = lastID.wrappingAdd(1, ordering: .relaxed).newValue
    let error = await withTaskCancellationHandler {
      await withUnsafeContinuation { (waiter: Waiter) in
        switch state.withLock({ register(&$0, (id, waiter)) }) {
        // The cancellation handler may have run before the wait began.
        case .wait: if Task.isCancelled { cancel(id) }
        case .done(let error): waiter.resume(returning: error)
        case .deliver(let consumer, let element):
          consumer.resume(returning: .element(element))
          waiter.resume(returning: nil)
        }
      }
    } onCancel: {
      cancel(id)
    }
    if let error { throw error }
  }

  private func cancel(_ id: Int) {
    guard let (cancelled, flushed) = state.withLock({ $0.cancel(id) }) else { return }
    cancelled.resume(returning: .cancelled)
    for waiter in flushed { waiter.resume(returning: nil) }
  }
}
