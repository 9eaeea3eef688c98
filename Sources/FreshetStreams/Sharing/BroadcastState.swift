// One run of a broadcast as a pure state machine: whether another element is wanted, and which subscribers get it.
//
// The pump requests an element when a subscriber waits for one and every subscriber that must not miss it has room.
//
//      cold ──▶ pulling ◀──▶ resting
//                  │            │
//                  ▼            ▼
//                ended      abandoned

/// The waiter type is a parameter, so that tests can use names.
struct BroadcastState<Element, Failure: Error, Pump, Waiter> {
  private enum Upstream {
    /// No subscriber has requested an element. → pulling, abandoned.
    case cold
    /// The pump requests an element, or is about to. → resting, ended, abandoned.
    case pulling
    /// The pump waits until an element is wanted. → pulling, abandoned.
    case resting(Pump)
    /// The end, or an error; remaining subscribers get it after their buffered elements.
    case ended(Failure?)
    /// All subscribers are gone.
    case abandoned
  }

  private var upstream = Upstream.cold
  private var table = SubscriberTable<Element, Waiter>()

  /// A new subscriber, which gets all elements from now on; `nil` when this run is over.
  mutating func subscribe(bound: Int, overflow: Overflow) -> Int? {
    switch upstream {
    case .ended, .abandoned: nil
    case .cold, .pulling, .resting: table.add(bound: bound, overflow: overflow)
    }
  }

  /// What a subscriber receives.
  enum Delivery {
    case element(Element, missed: Int)
    case end(Failure?)
    /// It was too slow.
    case disconnected
  }

  enum OnDemand {
    case give(Delivery, Pump?)
    case wait(Pump?)
    /// The subscriber waits, and the pump must be started.
    case start
  }

  /// A subscriber requests an element, or waits for one. Receiving an end removes it.
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

  /// The pump is ready to request an element, or waits until one is wanted.
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

  /// An element has arrived.
  mutating func offer(_ element: Element) -> SubscriberTable<Element, Waiter>.Served { table.offer(element) }

  /// There are no further elements; returns the waiters.
  mutating func end(_ failure: Failure?) -> [Waiter] {
    if case .abandoned = upstream { return [] }
    upstream = .ended(failure)
    return table.endWaiting()
  }

  struct Departure {
    /// Waiters, which get the end.
    var waiters: [Waiter] = []
    /// Whether it was the last, so that the pump must be cancelled.
    var isLast = false
    /// A resting pump, which checks again.
    var pump: Pump?
    /// Its unread elements, to be released outside of locks.
    var unread = Fifo<Element>()
  }

  /// A subscriber was dropped or cancelled.
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
