// Runs a generator's elements straight into a sink, one at a time, with no task and no rendezvous.
import Synchronization

/// What a generator's `yield` calls while its body runs directly.
///
/// Any task of the body may call ``send(_:)``; one call of the sink is under way at a time, others wait for their turn.
final class DirectSink<Element: Sendable>: Sendable {
  typealias Waiter = UnsafeContinuation<Void, any Error>

  private enum State {
    /// Nobody is in the sink. → busy, failed, ended.
    case free
    /// One call is in the sink, others wait in order. → free, busy, failed, ended.
    case busy([Waiter])
    /// The sink threw. → ended.
    case failed(any Error)
    /// The body has returned or thrown.
    case ended
  }

  private enum Entry {
    case enter
    case wait
    case fail(any Error)
  }

  private let sink: AsyncGenerator<Element, Never>.Sink
  private let state = Mutex(State.free)

  init(_ sink: @escaping AsyncGenerator<Element, Never>.Sink) { self.sink = sink }

  /// Gives the element to the sink and returns when the sink has it.
  func send(_ element: Element) async throws {
    if Task.isCancelled { throw CancellationError() }
    try await enter()
    do { try await sink(element) } catch {
      fail(error)
      throw error
    }
    leave()
  }

  /// The body has returned or thrown: whoever still waits fails.
  func end() {
    for waiter in close(as: .ended) { waiter.resume(throwing: CancellationError()) }
  }

  private func enter() async throws {
    switch state.withLock({ DirectSink.enter(&$0, waiter: nil) }) {
    case .enter: return
    case .fail(let error): throw error
    case .wait: break
    }
    try await withUnsafeThrowingContinuation { waiter in
      switch state.withLock({ DirectSink.enter(&$0, waiter: waiter) }) {
      case .enter: waiter.resume()
      case .fail(let error): waiter.resume(throwing: error)
      case .wait: break
      }
    }
  }

  private static func enter(_ state: inout State, waiter: Waiter?) -> Entry {
    switch state {
    case .free:
      state = .busy([])
      return .enter
    case .busy(var waiters):
      guard let waiter else { return .wait }
      waiters.append(waiter)
      state = .busy(waiters)
      return .wait
    case .failed(let error): return .fail(error)
    case .ended: return .fail(CancellationError())
    }
  }

  private func leave() {
    let next: Waiter? = state.withLock { state in
      guard case .busy(var waiters) = state else { return nil }  // ended meanwhile: an escaped yield was in the sink
      let next = waiters.isEmpty ? nil : waiters.removeFirst()
      state = next == nil ? .free : .busy(waiters)
      return next
    }
    next?.resume()
  }

  private func fail(_ error: any Error) {
    for waiter in close(as: .failed(error)) { waiter.resume(throwing: error) }
  }

  private func close(as end: State) -> [Waiter] {
    state.withLock { state in
      defer { state = end }
      if case .ended = state { return [] }
      guard case .busy(let waiters) = state else { return [] }
      return waiters
    }
  }
}
