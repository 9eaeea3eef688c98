// A hub as a pure state machine: a published element goes to the current subscribers, in one order for all.
//
//      open ──▶ finished

/// The waiter type is a parameter, so that tests can use names.
struct HubState<Element, Publisher, Waiter> {
  private struct Pending {
    let id: Int
    let element: Element
    let publisher: Publisher
  }

  private var table = SubscriberTable<Element, Waiter>()
  /// Publishers whose elements have no room yet, in order of arrival; empty while all have room.
  private var pending = Fifo<Pending>()
  private var isFinished = false

  var subscriberCount: Int { isFinished ? 0 : table.active }

  /// A new subscriber, which gets all elements published from now on, including those that wait for room.
  mutating func subscribe(bound: Int, overflow: Overflow) -> Int { table.add(bound: bound, overflow: overflow) }

  /// The consequences, for the code that resumes the waiters.
  struct Outcome {
    /// Waiting subscribers that get an element.
    var served: [(waiter: Waiter, element: Element, missed: Int)] = []
    /// Waiting publishers, with the number of subscribers that their element went to.
    var published: [(publisher: Publisher, reached: Int)] = []
    /// Elements displaced by newer ones, to be released outside of locks.
    var dropped: [Element] = []
  }

  enum OnPublish {
    case published(reached: Int, Outcome)
    /// There is no room; the publisher, if any, waits.
    case wait
    case finished
  }

  /// An element is published. Without a publisher, it is dropped when there is no room.
  mutating func publish(_ element: Element, _ waiting: (id: Int, publisher: Publisher)?) -> OnPublish {
    if isFinished { return .finished }
    guard pending.isEmpty, table.blocking == 0 else {
      if let waiting { pending.append(Pending(id: waiting.id, element: element, publisher: waiting.publisher)) }
      return .wait
    }
    var outcome = Outcome()
    let reached = give(element, &outcome)
    return .published(reached: reached, outcome)
  }

  enum Delivery {
    case element(Element, missed: Int)
    case end
    /// It was too slow.
    case disconnected
    /// It waits.
    case wait
  }

  /// A subscriber requests an element, or waits for one. Receiving an end removes it.
  mutating func demand(_ id: Int, _ waiter: Waiter) -> (Delivery, Outcome) {
    let taken = table.take(id, waiter, isOver: isFinished)
    let outcome = givePending()
    switch taken {
    case .element(let element, let missed): return (.element(element, missed: missed), outcome)
    case .wait: return (.wait, outcome)
    case .disconnected: return (.disconnected, outcome)
    case .over, .gone: return (.end, outcome)
    }
  }

  struct Departure {
    /// Waiters, which get the end.
    var waiters: [Waiter]
    /// Its unread elements, to be released outside of locks.
    var unread: Fifo<Element>
    /// Others may have waited for it.
    var outcome: Outcome
  }

  /// A subscriber was dropped or cancelled.
  mutating func leave(_ id: Int) -> Departure {
    let (waiters, unread) = table.remove(id)
    return Departure(waiters: waiters, unread: unread, outcome: givePending())
  }

  /// Nothing more is published. Returns the waiting subscribers, which get the end, and publishers, which are refused.
  mutating func finish() -> (waiters: [Waiter], refused: [Publisher]) {
    isFinished = true
    defer { pending = Fifo() }
    return (table.endWaiting(), pending.elements.map(\.publisher))
  }

  /// The task of a waiting publisher was cancelled.
  mutating func cancel(_ id: Int) -> Publisher? { pending.removeFirst { $0.id == id }?.publisher }

  private mutating func givePending() -> Outcome {
    var outcome = Outcome()
    while table.blocking == 0, let next = pending.popFirst() {
      outcome.published.append((next.publisher, give(next.element, &outcome)))
    }
    return outcome
  }

  /// - Returns: how many subscribers get it.
  private mutating func give(_ element: Element, _ outcome: inout Outcome) -> Int {
    let served = table.offer(element)
    for (waiter, missed) in served.waiters { outcome.served.append((waiter, element, missed)) }
    outcome.dropped += served.dropped
    return table.active
  }
}
