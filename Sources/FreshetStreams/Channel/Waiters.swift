// Waiters for one thing.

/// First come, first served. There is rarely more than one, which takes no memory of its own.
struct Waiters<Waiter> {
  private var first: Waiter?
  private var others = Fifo<Waiter>()

  var isEmpty: Bool { first == nil }

  mutating func append(_ waiter: Waiter) {
    if first == nil { first = waiter } else { others.append(waiter) }
  }

  mutating func popFirst() -> Waiter? {
    guard let waiter = first else { return nil }
    first = others.popFirst()
    return waiter
  }

  /// All, in order.
  var all: [Waiter] { first.map { [$0] + others.elements } ?? [] }
}

extension Waiters: Sendable where Waiter: Sendable {}
