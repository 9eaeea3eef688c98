// Calls that wait for something, in order; each may be cancelled.
import DequeModule

/// A queue from whose middle calls can be removed in constant time.
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
  /// In order, including those of calls that have left.
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
      guard entries[ticket.id]?.number == ticket.number else { continue }  // left, or left and returned
      return entries.removeValue(forKey: ticket.id)?.call
    }
    return nil
  }

  /// Does nothing if the call does not wait here.
  mutating func remove(_ call: Call) {
    guard entries.removeValue(forKey: ObjectIdentifier(call)) != nil else { return }
    if entries.isEmpty { tickets.removeAll() }
    // There are at most as many stale tickets as others, so this takes amortised constant time per call.
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
