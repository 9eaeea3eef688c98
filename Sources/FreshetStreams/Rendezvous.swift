// Brings a producer and a consumer together, one element at a time: the state machine under its lock, and who waits.
import Synchronization

/// The meeting point of one run of a generator.
///
/// The consumer's side calls ``demand()`` from one task at a time, and ``cancel()`` from anywhere; the producer's side calls
/// ``yield(_:)`` from any of its tasks and ``finish()`` once. Continuations are resumed outside the lock by the code that
/// took them out of the state.
final class Rendezvous<Element: Sendable>: Sendable {
  typealias Machine = RendezvousState<Element, UnsafeContinuation<Element?, Never>, UnsafeContinuation<Void, any Error>>

  private let state = Mutex(Machine())

  /// Asks for an element and waits for it, or for the end of the body, which is `nil`.
  func demand(isolation: isolated (any Actor)? = #isolation) async -> Element? {
    await withUnsafeContinuation(isolation: isolation) { consumer in
      switch state.withLock({ $0.demand(consumer) }) {
      case .wait: break
      case .wake(let producer): producer.resume()
      case .receive(let element, let producer):
        producer?.resume()
        consumer.resume(returning: element)
      case .end: consumer.resume(returning: nil)
      }
    }
  }

  /// Hands over one element and waits until the consumer asks for the next.
  func yield(_ element: Element) async throws {
    if Task.isCancelled { throw CancellationError() }
    try await withUnsafeThrowingContinuation { producer in
      switch state.withLock({ $0.yield(element, producer) }) {
      case .wait: break
      case .deliver(let consumer): consumer.resume(returning: element)
      case .fail: producer.resume(throwing: CancellationError())
      }
    }
  }

  /// Says that the body has returned or thrown.
  func finish() {
    let (consumer, producers) = state.withLock { $0.finish() }
    consumer?.resume(returning: nil)
    producers.resumeAll()
  }

  /// Says that the consumer's task was cancelled or that its iterator went away.
  func cancel() { state.withLock { $0.cancel() }.resumeAll() }
}

extension Parked where Producer == UnsafeContinuation<Void, any Error> {
  /// Tells each that its element was the last or has not been received.
  fileprivate func resumeAll() {
    current?.resume(throwing: CancellationError())
    for waiting in queue { waiting.producer.resume(throwing: CancellationError()) }
  }
}
