// One run of a broadcast as a pure state machine: whether a further element is wanted, and who gets it.
//
// The pump asks for an element when somebody waits for one and everybody who must not miss it has room.
//
//      cold ──▶ pulling ◀──▶ resting
//                  │            │
//                  ▼            ▼
//                ended      abandoned

/// What waits is a type parameter, so that tests can use names.
struct BroadcastState<Element, Failure: Error, Pump, Waiter> {
  private enum Upstream {
    /// Nobody has asked. → pulling, abandoned.
    case cold
    /// The pump asks for an element, or is about to. → resting, ended, abandoned.
    case pulling
    /// The pump waits until an element is wanted. → pulling, abandoned.
    case resting(Pump)
    /// The end, or an error; those who are still there get it behind what they have.
    case ended(Failure?)
    /// All subscribers have gone.
    case abandoned
  }

  private var upstream = Upstream.cold
  private var table = SubscriberTable<Element, Waiter>()

  /// A new subscriber, who gets all elements from now on; `nil` when this run is over.
  mutating func subscribe(bound: Int, overflow: Overflow) -> Int? {
    switch upstream {
    case .ended, .abandoned: nil
    case .cold, .pulling, .resting: table.add(bound: bound, overflow: overflow)
    }
  }

  /// What a subscriber gets.
  enum Delivery {
    case element(Element, missed: Int)
    case end(Failure?)
    /// It was too slow.
    case disconnected
  }

  enum OnDemand {
    case give(Delivery, Pump?)
    case wait(Pump?)
    /// The subscriber waits, and the pump is to be started.
    case start
  }

  /// A subscriber asks for an element, or waits for one. Who gets an end is no subscriber any more.
  mutating func demand(_ id: Int, _ waiter: Waiter) -> OnDemand {
    let (isOver, failure) = if case .ended(let failure) = upstream { (true, failure) } else { (false, Failure?.none) }
    switch table.take(id, waiter, isOver: isOver) {
    case .element(let element, let missed): return .give(.element(element, missed: missed), pumpIfDue())
    case .over: return .give(.end(failure), pumpIfDue())
    case .disconnected: return .give(.disconnected, pumpIfDue())
    case .gone: return .give(.end(nil), pumpIfDue())
    case .wait: break
    }
    guard case .cold = upstream else { return .wait(pumpIfDue()) }
    upstream = .pulling
    return .start
  }

  enum OnRest {
    case pull
    case wait
    case stop
  }

  /// The pump is ready to ask for an element, or waits until one is wanted.
  mutating func rest(_ pump: Pump) -> OnRest {
    switch upstream {
    case .pulling:
      if table.active == 0 {  // the last ones were disconnected
        upstream = .abandoned
        return .stop
      }
      if isElementWanted { return .pull }
      upstream = .resting(pump)
      return .wait
    case .abandoned: return .stop
    case .cold, .resting, .ended: preconditionFailure("a pump that does not run cannot rest")
    }
  }

  /// An element has come.
  mutating func offer(_ element: Element) -> SubscriberTable<Element, Waiter>.Served { table.offer(element) }

  /// There are no further elements; gives those who waited for one.
  mutating func end(_ failure: Failure?) -> [Waiter] {
    if case .abandoned = upstream { return [] }
    upstream = .ended(failure)
    return table.endWaiting()
  }

  struct Departure {
    /// Those who waited, and get the end.
    var waiters: [Waiter] = []
    /// Whether it was the last, so that the pump is to be cancelled.
    var isLast = false
    /// Rested, and looks again.
    var pump: Pump?
    /// What it has not received, to be released outside of locks.
    var unread = Fifo<Element>()
  }

  /// A subscriber has gone or is cancelled.
  mutating func leave(_ id: Int) -> Departure {
    let (waiters, unread) = table.remove(id)
    var departure = Departure(waiters: waiters, unread: unread)
    guard table.active == 0 else {
      departure.pump = pumpIfDue()
      return departure
    }
    switch upstream {
    case .resting(let pump): departure.pump = pump
    case .cold, .pulling: break
    case .ended, .abandoned: return departure
    }
    departure.isLast = true
    upstream = .abandoned
    return departure
  }

  private var isElementWanted: Bool { table.waiting > 0 && table.blocking == 0 }

  private mutating func pumpIfDue() -> Pump? {
    guard case .resting(let pump) = upstream, isElementWanted else { return nil }
    upstream = .pulling
    return pump
  }
}
