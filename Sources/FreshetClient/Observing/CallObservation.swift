// Reports a call to its observers; only exists if the channel has observers.
import FreshetCore

// SAFETY: the attempts belong to the call's loop, the rest is immutable.
final class CallObservation: @unchecked Sendable {
  private let observers: [any ClientCallObserver]
  /// Those that observe messages.
  private let readers: [any ClientCallObserver]
  private var attemptCount = 0
  private var running: ClientAttempt?

  /// - Returns: nil if there are no observers. A function, since a failable initializer allocates first.
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

  /// Does nothing if no attempt is running.
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
