// Reports a call to its server's observers; only exists if the call has observers.
import FreshetCore
import NIOCore
import Synchronization

// SAFETY: the observers belong to the call's loop; the counts have a lock, since handlers count on their own thread; the rest is
// immutable.
final class ServerCallObservation: @unchecked Sendable {
  private struct Counts {
    var requests = ServerCallOutcome.Messages()
    var responses = ServerCallOutcome.Messages()
  }

  /// Released at the call's end, which breaks the cycle with observers that refer to it.
  @exclusivity(unchecked) private var observers: [any ServerCallObserver]
  /// Those that observe messages.
  @exclusivity(unchecked) private var readers: [any ServerCallObserver]
  /// Whether messages are reported, and not only counted.
  let observesMessages: Bool
  private let begin: NIODeadline
  private let counts = Mutex(Counts())

  /// - Returns: nil if there are no observers.
  static func of(_ call: ObservedCall, _ observers: [any ServerObserver], at begin: NIODeadline)
    -> ServerCallObservation?
  {
    let observers = observers.compactMap { $0.callBegan(call) }
    return observers.isEmpty ? nil : ServerCallObservation(observers, at: begin)
  }

  private init(_ observers: [any ServerCallObserver], at begin: NIODeadline) {
    self.observers = observers
    self.begin = begin
    readers = observers.filter(\.observesMessages)
    observesMessages = !readers.isEmpty
  }

  // MARK: On any thread

  func count(request message: ObservedMessage) { counts.withLock { $0.requests.add(message) } }
  func count(response message: ObservedMessage) { counts.withLock { $0.responses.add(message) } }

  // MARK: On the loop

  func requestReceived(_ message: ObservedMessage) {
    for observer in readers { observer.requestReceived(message) }
  }

  func responseSent(_ message: ObservedMessage) {
    for observer in readers { observer.responseSent(message) }
  }

  func callEnded(
    _ status: Status, httpStatus: Int?, _ cause: ServerCallOutcome.Cause, wasHeadSent: Bool, at end: NIODeadline
  ) {
    let observers = observers
    (self.observers, readers) = ([], [])  // nothing is reported after the end
    let counts = counts.withLock { $0 }
    let outcome = ServerCallOutcome(
      status: status, httpStatus: httpStatus, cause: cause, duration: .nanoseconds((end - begin).nanoseconds),
      wasHeadSent: wasHeadSent, requests: counts.requests, responses: counts.responses)
    for observer in observers { observer.callEnded(outcome) }
  }
}

extension ServerCallOutcome.Messages {
  fileprivate mutating func add(_ message: ObservedMessage) {
    count += 1
    bytes += message.bytes
  }
}
