// Connects a producer and a consumer, one element at a time: the state machine under its lock, and its waiters.
import Synchronization

/// The meeting point of one run of a generator.
///
/// The consumer's side calls ``demand(_:)`` and ``take()`` from one task at a time, and ``cancel()`` from anywhere;
/// the producer's side calls ``yield(_:)`` from any of its tasks and ``finish()`` once. Continuations are resumed
/// outside the lock by the code that took them out of the state.
///
/// The state is not generic over `Element`: unspecialised generic types are looked up at run time on each use, which
/// cost more than the rest of a rendezvous (measured: two thirds of its instructions). So an element goes through
/// `slot`, and only one that has to queue is boxed.
@usableFromInline
final class Rendezvous<Element: Sendable>: Sendable {
  private let state = Mutex(RendezvousMachine())

  // SAFETY: the memory belongs to the side that took the consumer's continuation out of the state, until it resumes it;
  // then to the consumer, until its next demand.
  private nonisolated(unsafe) let slot = UnsafeMutablePointer<Element>.allocate(capacity: 1)

  deinit { slot.deallocate() }

  /// Requests an element; the consumer is resumed with whether there is one to ``take()``, or the body has ended.
  func demand(_ consumer: UnsafeContinuation<Bool, Never>) {
    switch state.withLock({ $0.demand(consumer) }) {
    case .wait: break
    case .wake(let producer): producer.resume()
    case .receive(let held, let producer):
      slot.initialize(to: unsafeDowncast(held, to: Held<Element>.self).element)
      producer?.resume()
      consumer.resume(returning: true)
    case .end: consumer.resume(returning: false)
    }
  }

  /// The requested element, once it has arrived; called once for each.
  func take() -> Element { slot.move() }

  /// Sends one element and waits until the consumer requests the next.
  @usableFromInline
  func yield(_ element: Element) async throws {
    if Task.isCancelled { throw CancellationError() }
    try await withUnsafeThrowingContinuation { producer in
      switch state.withLock({ $0.yield(producer) { Held(element) } }) {
      case .wait: break
      case .deliver(let consumer):
        slot.initialize(to: element)
        consumer.resume(returning: true)
      case .fail: producer.resume(throwing: CancellationError())
      }
    }
  }

  /// The body has returned or thrown.
  func finish() {
    let (consumer, producers) = state.withLock { $0.finish() }
    consumer?.resume(returning: false)
    producers.resumeAll()
  }

  /// The consumer's task was cancelled or its iterator was dropped.
  func cancel() { state.withLock { $0.cancel() }.resumeAll() }
}

/// The consumer's continuation is resumed with whether an element is in the slot.
private typealias RendezvousMachine = RendezvousState<
  any AnyObject & Sendable, UnsafeContinuation<Bool, Never>, UnsafeContinuation<Void, any Error>
>

extension Parked where Producer == UnsafeContinuation<Void, any Error> {
  /// Tells each that its element was the last or has not been received.
  fileprivate func resumeAll() {
    current?.resume(throwing: CancellationError())
    for waiting in queue { waiting.producer.resume(throwing: CancellationError()) }
  }
}
