// Runs a generator's elements straight into a sink, one at a time, with no task and no rendezvous.
import Synchronization

/// What a generator's `yield` calls while its body runs directly.
///
/// Any task of the body may call ``send(_:)``; one call of the sink is under way at a time, others wait for their turn.
final class DirectSink<Element: Sendable>: Sendable {
  private let sink: AsyncGenerator<Element, Never>.Sink
  private let state = Mutex(SinkState<UnsafeContinuation<Void, any Error>>.free)

  init(_ sink: @escaping AsyncGenerator<Element, Never>.Sink) { self.sink = sink }

  /// Gives the element to the sink and returns when the sink has it.
  func send(_ element: Element) async throws {
    if Task.isCancelled { throw CancellationError() }
    switch state.withLock({ $0.enter(nil) }) {
    case .enter: break
    case .wait: try await waitForTurn()
    case .fail(let error): throw error
    }
    do { try await sink(element) } catch {
      for waiter in state.withLock({ $0.close(.failed(error)) }) { waiter.resume(throwing: error) }
      throw error
    }
    state.withLock { $0.leave() }?.resume()
  }

  /// The body has returned or thrown: whoever still waits fails.
  func end() {
    for waiter in state.withLock({ $0.close(.ended) }) { waiter.resume(throwing: CancellationError()) }
  }

  private func waitForTurn() async throws {
    try await withUnsafeThrowingContinuation { waiter in
      switch state.withLock({ $0.enter(waiter) }) {
      case .enter: waiter.resume()
      case .wait: break
      case .fail(let error): waiter.resume(throwing: error)
      }
    }
  }
}
