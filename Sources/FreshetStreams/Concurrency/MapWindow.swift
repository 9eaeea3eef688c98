// Connects a concurrent map's tasks: the state machine under its lock, and its waiters.
import Synchronization

/// Shared by one feeder, which requests elements and starts their work, one taker, and the worker tasks.
final class MapWindow<Output: Sendable, Failure: Error>: Sendable {
  enum Outcome: Sendable {
    case element(Output)
    case end(Failure?)
  }

  private typealias State = MapWindowState<
    Output, Failure, UnsafeContinuation<Bool, Never>, UnsafeContinuation<Outcome, Never>
  >

  private let state: Mutex<State>

  init(limit: Int, ordered: Bool) { state = Mutex(State(limit: limit, ordered: ordered)) }

  /// Waits for a place; false if no further element is wanted.
  func admit() async -> Bool {
    await withUnsafeContinuation { feeder in
      switch state.withLock({ $0.admit(feeder) }) {
      case .admit: feeder.resume(returning: true)
      case .wait: break
      case .stop: feeder.resume(returning: false)
      }
    }
  }

  func begin() -> Int { state.withLock { $0.begin() } }

  func put(_ result: Result<Output, Failure>, number: Int) {
    guard let (taker, result) = state.withLock({ $0.put(result, number: number) }) else { return }
    taker.resume(returning: Self.outcome(result))
  }

  func finish(_ failure: Failure?) { state.withLock { $0.finish(failure) }?.resume(returning: .end(failure)) }

  func take() async -> Outcome {
    await withUnsafeContinuation { taker in
      switch state.withLock({ $0.take(taker) }) {
      case .give(let result): taker.resume(returning: Self.outcome(result))
      case .end(let failure): taker.resume(returning: .end(failure))
      case .wait: break
      }
    }
  }

  func release() { state.withLock { $0.release() }?.resume(returning: true) }

  func stop() { state.withLock { $0.stop() }?.resume(returning: false) }

  private static func outcome(_ result: Result<Output, Failure>) -> Outcome {
    switch result {
    case .success(let output): .element(output)
    case .failure(let error): .end(error)
    }
  }
}
