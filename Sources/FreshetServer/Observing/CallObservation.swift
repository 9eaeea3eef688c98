// What is recorded about a call for its server's observers, and how they are notified.
import FreshetCore
import NIOCore
import Synchronization

/// The observers of a server. Immutable.
final class ServerObservers: Sendable {
  let all: [any ServerObserver]
  let ofMessages: [any ServerObserver]

  /// - Returns: nil without observers, so that calls need not check further.
  init?(_ observers: [any ServerObserver]) {
    if observers.isEmpty { return nil }
    all = observers
    ofMessages = observers.filter(\.seesMessages)
  }
}

/// One call's part. Releases the call at its end, which breaks the cycle between the two.
// SAFETY: `call` belongs to the call's loop; the counts have a lock, since handlers count on their own thread.
final class CallObservation: @unchecked Sendable {
  private struct Counts {
    var requests = CallOutcome.Messages()
    var responses = CallOutcome.Messages()
  }

  private let observers: ServerObservers
  private let begin: NIODeadline
  @exclusivity(unchecked) private var call: ObservedCall?
  private let counts = Mutex(Counts())

  init(_ observers: ServerObservers, _ call: ObservedCall, at begin: NIODeadline) {
    self.observers = observers
    self.call = call
    self.begin = begin
  }

  /// Whether messages are reported individually.
  var seesMessages: Bool { !observers.ofMessages.isEmpty }

  // MARK: On any thread

  func count(request message: ObservedMessage) { counts.withLock { $0.requests.add(message) } }
  func count(response message: ObservedMessage) { counts.withLock { $0.responses.add(message) } }

  // MARK: On the loop

  func tellBegin() {
    guard let call else { return }
    for observer in observers.all { observer.callBegan(call) }
  }

  func tell(request message: ObservedMessage) {
    guard let call else { return }  // the call is over, and its end was reported
    for observer in observers.ofMessages { observer.requestReceived(message, of: call) }
  }

  func tell(response message: ObservedMessage) {
    guard let call else { return }
    for observer in observers.ofMessages { observer.responseSent(message, of: call) }
  }

  func tellEnd(
    _ status: Status, httpStatus: Int?, _ cause: CallOutcome.Cause, wasHeadSent: Bool, at end: NIODeadline
  ) {
    guard let call = call.take() else { return }
    let counts = counts.withLock { $0 }
    let outcome = CallOutcome(
      status: status, httpStatus: httpStatus, cause: cause, duration: .nanoseconds((end - begin).nanoseconds),
      wasHeadSent: wasHeadSent, requests: counts.requests, responses: counts.responses)
    for observer in observers.all { observer.callEnded(call, outcome) }
  }
}

extension CallOutcome.Messages {
  fileprivate mutating func add(_ message: ObservedMessage) {
    count += 1
    bytes += message.bytes
  }
}
