// Calls that wait for something, in their order; each may give up.
import DequeModule

/// A queue out of whose middle calls can be taken in constant time.
struct WaitingCalls<Call: AnyObject>: ExpressibleByArrayLiteral {
  private struct Ticket {
    let id: ObjectIdentifier
    let number: UInt64
  }

  private struct Entry {
    let call: Call
    let number: UInt64
  }

  private var entries: [ObjectIdentifier: Entry] = [:]
  /// In order, with those of calls that have left.
  private var tickets: Deque<Ticket> = []
  private var nextNumber: UInt64 = 0

  init(_ calls: [Call]) {
    for call in calls { append(call) }
  }

  init(arrayLiteral calls: Call...) { self.init(calls) }

  var count: Int { entries.count }
  var isEmpty: Bool { entries.isEmpty }

  mutating func append(_ call: Call) {
    let id = ObjectIdentifier(call)
    entries[id] = Entry(call: call, number: nextNumber)
    tickets.append(Ticket(id: id, number: nextNumber))
    nextNumber += 1
  }

  mutating func popFirst() -> Call? {
    while let ticket = tickets.popFirst() {
      guard entries[ticket.id]?.number == ticket.number else { continue }  // left, or left and came again
      return entries.removeValue(forKey: ticket.id)?.call
    }
    return nil
  }

  /// Does nothing to a call that does not wait here.
  mutating func remove(_ call: Call) {
    guard entries.removeValue(forKey: ObjectIdentifier(call)) != nil else { return }
    if entries.isEmpty { tickets.removeAll() }
    // Tickets without a call are at most as many as the others, so this costs a constant time for each call.
    if tickets.count > 2 * entries.count + 16 {
      tickets.removeAll { entries[$0.id]?.number != $0.number }
    }
  }

  mutating func removeAll() -> [Call] {
    var calls: [Call] = []
    calls.reserveCapacity(count)
    while let call = popFirst() { calls.append(call) }
    return calls
  }
}
