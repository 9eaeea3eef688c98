// The subscribers of a broadcast or a hub: their unread elements and their waiters.

/// What happens when an element arrives and a subscriber's buffer is full.
enum Overflow {
  /// No element is accepted meanwhile.
  case wait
  case dropOldest
  case disconnect
}

/// The waiter type is a parameter, so that tests can use names.
struct SubscriberTable<Element, Waiter> {
  private struct Subscriber {
    let id: Int
    let bound: Int
    let overflow: Overflow
    var buffer = Fifo<Element>()
    /// How many elements were dropped since the last received one.
    var missed = 0
    /// Wait for an element; empty while the buffer is not.
    var waiters = Waiters<Waiter>()
    var isDisconnected = false

    /// Whether no element can be accepted until this one receives.
    var isBlocking: Bool { overflow == .wait && waiters.isEmpty && buffer.count >= bound }
  }

  /// In order of their numbers, so that the order of events does not depend on hashing.
  private var subscribers: [Subscriber] = []
  private var lastID = 0
  /// How many subscribers wait for an element, block the others, and are to get further elements.
  private(set) var (waiting, blocking, active) = (0, 0, 0)

  /// A new subscriber, which gets all elements from now on; its number.
  mutating func add(bound: Int, overflow: Overflow) -> Int {
    lastID += 1
    let subscriber = Subscriber(id: lastID, bound: max(bound, 1), overflow: overflow)
    count(subscriber, 1)
    subscribers.append(subscriber)
    return lastID
  }

  enum OnTake {
    case element(Element, missed: Int)
    /// It waits.
    case wait
    /// It was too slow, and is removed.
    case disconnected
    /// It has received everything, and is removed.
    case over
    /// There is no such subscriber.
    case gone
  }

  /// A subscriber requests an element, and waits for one unless there are no further ones.
  mutating func take(_ id: Int, _ waiter: Waiter, isOver: Bool) -> OnTake {
    guard let place = place(of: id) else { return .gone }
    if subscribers[place].buffer.isEmpty, isOver || subscribers[place].isDisconnected {
      return remove(at: place).isDisconnected ? .disconnected : .over
    }
    return change(place) { subscriber in
      if let element = subscriber.buffer.popFirst() {
        defer { subscriber.missed = 0 }
        return .element(element, missed: subscriber.missed)
      }
      subscriber.waiters.append(waiter)
      return .wait
    }
  }

  /// The waiters that get an element, and the displaced elements, to be released outside of locks.
  struct Served {
    var waiters: [(waiter: Waiter, missed: Int)] = []
    var dropped: [Element] = []
  }

  /// An element has arrived. No subscriber blocks.
  mutating func offer(_ element: Element) -> Served {
    var served = Served()
    for place in subscribers.indices where !subscribers[place].isDisconnected {
      change(place) { subscriber in
        if let waiter = subscriber.waiters.popFirst() {
          served.waiters.append((waiter, subscriber.missed))
          subscriber.missed = 0
          return
        }
        if subscriber.buffer.count >= subscriber.bound {
          guard subscriber.overflow == .dropOldest else {
            subscriber.isDisconnected = true  // never a blocking one: no element is accepted then
            return
          }
          if let oldest = subscriber.buffer.popFirst() { served.dropped.append(oldest) }
          subscriber.missed += 1
        }
        subscriber.buffer.append(element)
      }
    }
    return served
  }

  /// There are no further elements; returns the waiters, whose subscribers are removed.
  mutating func endWaiting() -> [Waiter] {
    let ended = subscribers.filter { !$0.waiters.isEmpty }
    subscribers.removeAll { !$0.waiters.isEmpty }
    for subscriber in ended { count(subscriber, -1) }
    return ended.flatMap(\.waiters.all)
  }

  /// A subscriber leaves; returns its waiters and its unread elements, to be released outside of locks.
  mutating func remove(_ id: Int) -> (waiters: [Waiter], unread: Fifo<Element>) {
    guard let place = place(of: id) else { return ([], Fifo()) }
    let subscriber = remove(at: place)
    return (subscriber.waiters.all, subscriber.buffer)
  }

  private func place(of id: Int) -> Int? {
    var (low, high) = (0, subscribers.count)
    while low < high {
      let middle = (low + high) / 2
      if subscribers[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < subscribers.count && subscribers[low].id == id ? low : nil
  }

  private mutating func remove(at place: Int) -> Subscriber {
    let subscriber = subscribers.remove(at: place)
    count(subscriber, -1)
    return subscriber
  }

  /// Changes a subscriber, and updates the counts.
  private mutating func change<Answer>(_ place: Int, _ body: (inout Subscriber) -> Answer) -> Answer {
    count(subscribers[place], -1)
    defer { count(subscribers[place], 1) }
    return body(&subscribers[place])
  }

  private mutating func count(_ subscriber: borrowing Subscriber, _ step: Int) {
    if !subscriber.waiters.isEmpty { waiting += step }
    if subscriber.isBlocking { blocking += step }
    if !subscriber.isDisconnected { active += step }
  }
}
