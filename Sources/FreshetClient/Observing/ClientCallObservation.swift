// Reports a call to its channel's observers; only exists if the call has observers.
import FreshetCore
import NIOCore

// SAFETY: the attempts belong to the call's loop, the rest is immutable.
final class ClientCallObservation: @unchecked Sendable {
  private let observers: [any ClientCallObserver]
  /// Those that observe messages.
  private let readers: [any ClientCallObserver]
  private let begin: NIODeadline
  private var attemptCount = 0
  private var running: ClientAttempt?

  /// - Returns: nil if there are no observers. A function, since a failable initializer allocates first.
  static func of(
    _ call: ClientCallRequest, _ observers: [any ClientObserver], at begin: @autoclosure () -> NIODeadline
  ) -> ClientCallObservation? {
    if observers.isEmpty { return nil }
    let begin = begin()
    let observers = observers.compactMap { $0.callBegan(call) }
    return observers.isEmpty ? nil : ClientCallObservation(observers, at: begin)
  }

  private init(_ observers: [any ClientCallObserver], at begin: NIODeadline) {
    self.observers = observers
    self.begin = begin
    readers = observers.filter(\.observesMessages)
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

  func requestSent(_ message: @autoclosure () -> ObservedMessage) {
    if readers.isEmpty { return }
    let message = message()
    for observer in readers { observer.requestSent(message) }
  }

  func responseReceived(_ message: @autoclosure () -> ObservedMessage) {
    if readers.isEmpty { return }
    let message = message()
    for observer in readers { observer.responseReceived(message) }
  }

  func callEnded(_ call: CallEnd, at end: NIODeadline) {
    attemptEnded(call.error)
    let outcome = ClientCallOutcome(
      error: call.error, trailers: call.trailers, attempts: attemptCount,
      duration: .nanoseconds((end - begin).nanoseconds))
    for observer in observers { observer.callEnded(outcome) }
  }
}
