// One run of a broadcast: the state machine under its lock, its waiters, and the task that reads the upstream.
import Synchronization

/// Owned by its subscribers, and by the task that reads the upstream, which the last subscriber cancels.
final class BroadcastRun<Element: Sendable, Failure: Error>: SubscriberSource {
  typealias Delivery = SubscriberDelivery<Element, Failure>
  /// Reads the upstream and reports to this run; created by the broadcast, which knows the upstream's type.
  typealias Read = @Sendable (BroadcastRun) async -> Void

  private typealias State = BroadcastState<
    Element, Failure, UnsafeContinuation<Bool, Never>, UnsafeContinuation<Delivery, Never>
  >

  private struct Guarded {
    var state = State()
    /// The reading task; cancelled by the last subscriber.
    var task: Task<Void, Never>?
    /// Whether the last subscriber is gone, possibly before the task was started.
    var isAbandoned = false
  }

  private let guarded = Mutex(Guarded())
  private let read: Read

  init(read: @escaping Read) { self.read = read }

  /// A new subscriber; `nil` when this run is over.
  func subscribe(bound: Int, overflow: Overflow) -> Subscriber<BroadcastRun>? {
    guarded.withLock { $0.state.subscribe(bound: bound, overflow: overflow) }.map { Subscriber(of: self, id: $0) }
  }

  func demand(_ id: Int, _ waiter: UnsafeContinuation<Delivery, Never>) {
    switch guarded.withLock({ $0.state.demand(id, waiter) }) {
    case .give(let delivery, let pump):
      pump?.resume(returning: true)
      waiter.resume(returning: Self.delivery(delivery))
    case .wait(let pump): pump?.resume(returning: true)
    case .start: start()
    }
  }

  private static func delivery(_ delivery: State.Delivery) -> Delivery {
    switch delivery {
    case .element(let element, let missed): .element(element, missed: missed)
    case .end(let failure): .end(failure)
    case .disconnected: .disconnected
    }
  }

  /// Unstructured tasks inherit task-locals and priority but not an executor preference.
  private func start() {
    let executor = withUnsafeCurrentTask { $0?.unownedTaskExecutor?.asTaskExecutor() }
    let task = Task(executorPreference: executor) { [read] in await read(self) }
    let isAbandoned = guarded.withLock { guarded in
      guarded.task = task
      return guarded.isAbandoned
    }
    if isAbandoned { task.cancel() }
  }

  /// Waits until an element is wanted; false if none ever will be.
  func isElementWanted() async -> Bool {
    await withUnsafeContinuation { pump in
      switch guarded.withLock({ $0.state.rest(pump) }) {
      case .pull: pump.resume(returning: true)
      case .wait: break
      case .stop: pump.resume(returning: false)
      }
    }
  }

  func offer(_ element: Element) {
    for (waiter, missed) in guarded.withLock({ $0.state.offer(element) }).waiters {
      waiter.resume(returning: .element(element, missed: missed))
    }
  }

  func end(_ failure: Failure?) {
    for waiter in guarded.withLock({ $0.state.end(failure) }) { waiter.resume(returning: .end(failure)) }
  }

  func leave(_ id: Int) {
    let (departure, task) = guarded.withLock { guarded in
      let departure = guarded.state.leave(id)
      if departure.isLast { guarded.isAbandoned = true }
      return (departure, guarded.task)
    }
    for waiter in departure.waiters { waiter.resume(returning: .end(nil)) }
    // A resting pump checks again whether an element is wanted or all are gone.
    departure.pump?.resume(returning: !departure.isLast)
    if departure.isLast { task?.cancel() }
  }
}
