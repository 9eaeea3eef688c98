// A queue that grows and shrinks at both ends without moving the elements in between.

/// First in, first out, in a ring.
struct Fifo<Element> {
  private var slots: [Element?] = []
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// By position in the queue; the first is at 0.
  subscript(place: Int) -> Element {
    get { slots[slot(of: place)]! }
    set { slots[slot(of: place)] = newValue }
  }

  mutating func append(_ element: Element) {
    if count == slots.count { grow() }
    slots[slot(of: count)] = element
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = slots[head].take()
    head = head + 1 == slots.count ? 0 : head + 1
    count -= 1
    return element
  }

  mutating func removeLast() {
    count -= 1
    slots[slot(of: count)] = nil
  }

  /// Removes the first that satisfies the condition; the others move up.
  mutating func removeFirst(where condition: (Element) -> Bool) -> Element? {
    guard let place = (0..<count).first(where: { condition(self[$0]) }) else { return nil }
    let element = self[place]
    for later in place + 1..<count { self[later - 1] = self[later] }
    removeLast()
    return element
  }

  /// All, in order.
  var elements: [Element] { (0..<count).map { self[$0] } }

  private func slot(of place: Int) -> Int {
    let slot = head + place
    return slot < slots.count ? slot : slot - slots.count
  }

  private mutating func grow() {
    slots = elements + Array(repeating: nil, count: max(4, count))
    head = 0
  }
}

extension Fifo: Sendable where Element: Sendable {}
