// The progress of one call, shared by its client, its handler and the monitor.
import Freshet
import NIOCore
import Synchronization

final class CallProgress: Sendable {
  let id: UInt64
  let plan: CallPlan
  let began = ContinuousClock.now
  /// Messages handed over: `send` or `yield` has returned.
  let sent = Atomic(0), answered = Atomic(0)
  /// Messages that arrived intact and in order, at the handler and at the client.
  let arrived = Atomic(0), received = Atomic(0)
  let bytes = Atomic(0)
  let isCancelled = Atomic(false)
  let isEndSeen = Atomic(false)
  private let ledger: Ledger
  private let state: Mutex<State>

  private enum State {
    /// Only the first fault of a call counts, since others follow from it.
    case open(fault: String?)
    /// The client has finished and the call is counted.
    case counted
  }

  /// - Parameter isCounted: whether the client is gone and only the handler is left.
  init(id: UInt64, plan: CallPlan, ledger: Ledger, isCounted: Bool = false) {
    self.id = id
    self.plan = plan
    self.ledger = ledger
    state = Mutex(isCounted ? .counted : .open(fault: nil))
  }

  static let key = "stress-call"
  var metadataValue: String { "\(id)/\(plan.seed)" }

  var requests: MessagePattern {
    MessagePattern(call: id, plan: plan.seed, direction: .request, sizes: plan.requestSizes)
  }
  var responses: MessagePattern {
    MessagePattern(call: id, plan: plan.seed, direction: .response, sizes: plan.responseSizes)
  }

  func fail(_ text: String) {
    let isLate = state.withLock { state in
      switch state {
      case .open(fault: nil): state = .open(fault: text)
      case .open: break
      case .counted: return true
      }
      return false
    }
    if isLate { ledger.fail(text, "when its client had gone, in \(self)") }
  }

  /// The client has finished.
  func count(isOK: Bool) {
    let fault = state.withLock { state in
      defer { state = .counted }
      if case .open(let fault) = state { return fault }
      return nil
    }
    ledger.add(self, isOK: isOK, fault: fault)
  }

  /// Checks a message that arrived at the handler, or at the client.
  func arrive(_ message: ByteBuffer, _ number: Int) { check(message, number, requests, arrived) }
  func receive(_ message: ByteBuffer, _ number: Int) { check(message, number, responses, received) }

  private func check(_ message: ByteBuffer, _ number: Int, _ pattern: MessagePattern, _ count: borrowing Atomic<Int>) {
    if let complaint = pattern.complaint(about: message, as: number) { return fail(complaint) }
    count.add(1, ordering: .relaxed)
    bytes.add(message.readableBytes, ordering: .relaxed)
  }
}

extension CallProgress: CustomStringConvertible {
  var description: String {
    let counts = [
      ("sent", sent.value), ("arrived", arrived.value), ("answered", answered.value), ("received", received.value),
    ]
    return """
      call \(id): \(plan.kind) \(plan.execution) \(plan.transport) STRESS_CALL=\(plan.seed), \
      \(counts.map { "\($0) \($1)" }.joined(separator: ", ")), \(plan.fate), after \(ContinuousClock.now - began)
          \("\(plan)".replacing("stress.", with: ""))
      """
  }
}

extension Atomic where Value == Int {
  var value: Int { load(ordering: .relaxed) }
}
