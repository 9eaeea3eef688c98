// One run of a broadcast as a pure state machine: who has received what, and whether a further element is wanted.
//
// The pump asks for an element when somebody waits for one and everybody who must not miss it has room.
//
//      cold ──▶ pulling ◀──▶ resting
//                  │            │
//                  ▼            ▼
//                ended      abandoned

/// What happens when an element comes and a subscriber's buffer is full.
enum WhenFull {
  /// No element is asked for while that is so.
  case wait
  case dropOldest
  case disconnect
}

/// What waits is a type parameter, so that tests can use names.
struct BroadcastState<Element, Failure: Error, Pump, Waiter> {
  private struct Subscriber {
    let bound: Int
    let whenFull: WhenFull
    var buffer = Fifo<Element>()
    /// How many elements were dropped since the last one that was received.
    var missed = 0
    /// Waits for an element; nobody while the buffer has some.
    var waiter: Waiter?
    var isDisconnected = false

    /// Whether no element may be asked for as long as this one does not receive.
    var isBlocking: Bool { whenFull == .wait && waiter == nil && buffer.count >= bound }
  }

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
  private var subscribers: [Int: Subscriber] = [:]
  private var lastID = 0
  /// How many subscribers wait for an element, block the others, and are to get further elements.
  private var (waiting, blocking, active) = (0, 0, 0)

  /// A new subscriber, who gets all elements from now on; `nil` when this run is over.
  mutating func subscribe(bound: Int, whenFull: WhenFull) -> Int? {
    switch upstream {
    case .ended, .abandoned: return nil
    case .cold, .pulling, .resting: break
    }
    lastID += 1
    change(lastID) { $0 = Subscriber(bound: bound, whenFull: whenFull) }
    return lastID
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
    let end: Delivery? = if case .ended(let failure) = upstream { .end(failure) } else { nil }
    let delivery: Delivery? = change(id) { subscriber in
      guard subscriber != nil else { return .end(nil) }
      if let element = subscriber!.buffer.popFirst() {
        defer { subscriber!.missed = 0 }
        return .element(element, missed: subscriber!.missed)
      }
      if let end = subscriber!.isDisconnected ? .disconnected : end {
        subscriber = nil
        return end
      }
      precondition(subscriber!.waiter == nil, "next() was called while another next() of the same subscription waits")
      subscriber!.waiter = waiter
      return nil
    }
    if let delivery { return .give(delivery, pumpIfDue()) }
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
      if active == 0 {  // the last ones were disconnected
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

  /// An element has come; gives those who waited, with how many elements they missed before it.
  mutating func offer(_ element: Element) -> [(Waiter, missed: Int)] {
    var served: [(Waiter, missed: Int)] = []
    // Sorted, so that what happens in which order does not depend on hashes.
    for id in subscribers.keys.sorted() {
      change(id) { subscriber in
        if subscriber!.isDisconnected { return }
        if let waiter = subscriber!.waiter.take() {
          served.append((waiter, subscriber!.missed))
          subscriber!.missed = 0
          return
        }
        if subscriber!.buffer.count >= subscriber!.bound {
          guard subscriber!.whenFull == .dropOldest else {
            subscriber!.isDisconnected = true  // nobody who waits gets here: no element was asked for
            return
          }
          _ = subscriber!.buffer.popFirst()
          subscriber!.missed += 1
        }
        subscriber!.buffer.append(element)
      }
    }
    return served
  }

  /// There are no further elements; gives those who waited for one.
  mutating func end(_ failure: Failure?) -> [Waiter] {
    if case .abandoned = upstream { return [] }
    upstream = .ended(failure)
    return subscribers.keys.sorted().compactMap { id in
      change(id) { subscriber in
        guard let waiter = subscriber?.waiter else { return nil }
        subscriber = nil
        return waiter
      }
    }
  }

  struct Departure {
    /// It waited, and gets the end.
    var waiter: Waiter?
    /// Whether it was the last, so that the pump is to be cancelled.
    var isLast = false
    /// Rested, and looks again.
    var pump: Pump?
  }

  /// A subscriber has gone or is cancelled.
  mutating func leave(_ id: Int) -> Departure {
    let waiter = change(id) { subscriber in
      defer { subscriber = nil }
      return subscriber?.waiter
    }
    guard active == 0 else { return Departure(waiter: waiter, pump: pumpIfDue()) }
    switch upstream {
    case .resting(let pump):
      upstream = .abandoned
      return Departure(waiter: waiter, isLast: true, pump: pump)
    case .cold, .pulling:
      upstream = .abandoned
      return Departure(waiter: waiter, isLast: true)
    case .ended, .abandoned: return Departure(waiter: waiter)
    }
  }

  private var isElementWanted: Bool { waiting > 0 && blocking == 0 }

  private mutating func pumpIfDue() -> Pump? {
    guard case .resting(let pump) = upstream, isElementWanted else { return nil }
    upstream = .pulling
    return pump
  }

  /// Changes a subscriber, and the sums with it.
  @discardableResult
  private mutating func change<Answer>(_ id: Int, _ body: (inout Subscriber?) -> Answer) -> Answer {
    var subscriber = subscribers.removeValue(forKey: id)
    if let subscriber { count(subscriber, -1) }
    defer {
      if let subscriber { count(subscriber, 1) }
      subscribers[id] = subscriber
    }
    return body(&subscriber)
  }

  private mutating func count(_ subscriber: Subscriber, _ step: Int) {
    if subscriber.waiter != nil { waiting += step }
    if subscriber.isBlocking { blocking += step }
    if !subscriber.isDisconnected { active += step }
  }
}
