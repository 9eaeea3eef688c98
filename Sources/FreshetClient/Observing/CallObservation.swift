// What a call tells its observers; there is none of it where a channel has no observers.
import FreshetCore

// SAFETY: the attempts belong to the call's loop, the rest is immutable.
final class CallObservation: @unchecked Sendable {
  private let observers: [any ClientCallObserver]
  /// Those that see messages.
  private let readers: [any ClientCallObserver]
  private var attemptCount = 0
  private var running: ClientAttempt?

  /// - Returns: nil where there is nothing to be told. A function, since an initializer that fails has allocated.
  static func of(_ call: ClientCallRequest, _ observers: [any ClientObserver]) -> CallObservation? {
    observers.isEmpty ? nil : CallObservation(observers, call)
  }

  private init(_ observers: [any ClientObserver], _ call: ClientCallRequest) {
    self.observers = observers.map { $0.callBegan(call) }
    readers = self.observers.filter(\.observesMessages)
  }

  func attemptBegan(on peer: String) {
    attemptCount += 1
    let attempt = ClientAttempt(number: attemptCount, peer: peer)
    running = attempt
    for observer in observers { observer.attemptBegan(attempt) }
  }

  /// Does nothing when no attempt runs.
  func attemptEnded(_ error: RPCError?) {
    guard let attempt = running.take() else { return }
    for observer in observers { observer.attemptEnded(attempt, error: error) }
  }

  func requestSent(bytes: Int) {
    for observer in readers { observer.requestSent(bytes: bytes) }
  }

  func responseReceived(bytes: Int) {
    for observer in readers { observer.responseReceived(bytes: bytes) }
  }

  func callEnded(_ end: CallEnd) {
    attemptEnded(end.error)
    for observer in observers { observer.callEnded(error: end.error, trailers: end.trailers) }
  }
}
