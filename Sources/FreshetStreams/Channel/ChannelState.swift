// Who waits for whom in a channel, as a pure state machine over elements and continuations.
//
//             next (nothing there)             finish
//      open ◀─────────────────────▶ hungry ──────────────▶ ended
//       │  │       send               │                      ▲
//       │  │ leave                    │ leave    next (empty)│
//       │  └──────────▶ over ◀────────┴──────┐               │
//       │ finish                             │ leave         │
//       └──────────────────────────────▶ finished ───────────┘

/// The queue between many producers and one consumer. What waits is a type parameter, so that tests can use names.
struct ChannelState<Element, Failure: Error, Waiter, Consumer> {
  /// Somebody who waits, and by which name it can be taken out again when its task is cancelled.
  typealias Waiting = (id: Int, waiter: Waiter)

  private struct Entry {
    let element: Element
    /// Who waits until the channel has taken the element; nobody within the capacity.
    var producer: Waiting?
  }

  private enum State {
    /// Elements wait for the consumer, or nothing happens. → hungry (next), finished, over (leave).
    case open(Fifo<Entry>)
    /// The consumer waits, nothing is there. → open (send), ended (finish), over (leave).
    case hungry(Consumer)
    /// No further elements are taken; what is there can be received. → ended (next), over (leave).
    case finished(Fifo<Entry>, Failure?)
    /// The consumer has gone. Knows how many elements it left.
    case over(unreceived: Int)
    /// All was received, the end too.
    case ended
  }

  let capacity: Int
  private var state = State.open(Fifo())
  /// Who waits until all elements are received; nobody unless elements are there.
  private var flushing: [Waiting] = []
  /// Who waits for the consumer to go; nobody once it has gone or the end is received.
  private var watching: [Waiting] = []

  init(capacity: Int) { self.capacity = capacity }

  /// Whether the consumer will receive nothing more.
  var isGone: Bool {
    switch state {
    case .over, .ended: true
    case .open, .hungry, .finished: false
    }
  }

  enum OnSend {
    /// The element has its place.
    case accepted
    /// The consumer gets the element.
    case deliver(Consumer)
    /// There is no room; the producer, where there is one, waits with its element.
    case wait
    case refuse(SendError)
  }

  /// A producer hands over an element. Without one, the element is left out when there is no room.
  mutating func send(_ element: Element, _ producer: Waiting?) -> OnSend {
    switch state {
    case .open(var entries):
      let hasRoom = entries.count < capacity
      guard hasRoom || producer != nil else { return .wait }
      state = .ended  // gives up the entries, so that appending copies nothing
      entries.append(Entry(element: element, producer: hasRoom ? nil : producer))
      state = .open(entries)
      return hasRoom ? .accepted : .wait
    case .hungry(let consumer):
      state = .open(Fifo())
      return .deliver(consumer)
    case .finished, .ended: return .refuse(.finished)
    case .over(let unreceived): return .refuse(.gone(unreceived: unreceived))
    }
  }

  enum OnNext {
    /// An element, and those for whom that changes something.
    case give(Element, [Waiter])
    /// Nothing is there; the consumer, where there is one, waits.
    case wait
    /// The end, and those who waited for it.
    case end(Failure?, [Waiter])
  }

  /// The consumer asks for an element. Without a consumer, nobody waits when there is none.
  mutating func next(_ consumer: Consumer?) -> OnNext {
    switch state {
    case .open(var entries):
      state = .ended  // gives up the entries
      guard let (element, woken) = take(from: &entries) else {
        state = consumer.map { .hungry($0) } ?? .open(entries)
        return .wait
      }
      state = .open(entries)
      return .give(element, woken)
    case .finished(var entries, let failure):
      state = .ended
      guard let (element, woken) = take(from: &entries) else { return .end(failure, endWatch()) }
      state = .finished(entries, failure)
      return .give(element, woken)
    case .over, .ended: return .end(nil, [])
    case .hungry: preconditionFailure("next() was called while another next() of the same channel waits")
    }
  }

  /// The consumer takes an element if one is there, and leaves an end for later.
  mutating func takeReady() -> (Element, [Waiter])? {
    switch state {
    case .open(var entries):
      state = .ended  // gives up the entries
      defer { state = .open(entries) }
      return take(from: &entries)
    case .finished(var entries, let failure):
      state = .ended
      defer { state = .finished(entries, failure) }
      return take(from: &entries)
    case .hungry, .over, .ended: return nil
    }
  }

  /// One element, and the producer whose element has its place now, and who waits for nothing to be left.
  private mutating func take(from entries: inout Fifo<Entry>) -> (Element, [Waiter])? {
    guard let entry = entries.popFirst() else { return nil }
    var woken: [Waiter] = []
    if let producer = entry.producer {
      woken.append(producer.waiter)
    } else if entries.count >= capacity, let producer = entries[capacity - 1].producer {
      entries[capacity - 1].producer = nil
      woken.append(producer.waiter)
    }
    woken += endFlush(of: entries)
    return (entry.element, woken)
  }

  /// No further elements are taken. Gives the consumer that waited for one, who gets the end, and who watched.
  mutating func finish(_ failure: Failure?) -> (Consumer, [Waiter])? {
    switch state {
    case .open(let entries):
      state = .finished(entries, failure)
      return nil
    case .hungry(let consumer):
      state = .ended
      return (consumer, endWatch())
    case .finished, .over, .ended: return nil  // the first end counts
    }
  }

  /// What the consumer's departure means for the others.
  struct Departure {
    var consumer: Consumer?
    /// Those whose elements are refused, or who waited for all to be received.
    var refused: [Waiter] = []
    /// Those who waited for this.
    var watching: [Waiter] = []
    var unreceived = 0
  }

  /// The consumer goes away or is cancelled.
  mutating func leave() -> Departure {
    var departure = Departure()
    switch state {
    case .open(let entries): departure = depart(leaving: entries)
    case .finished(let entries, _): departure = depart(leaving: entries)
    case .hungry(let consumer): departure.consumer = consumer
    case .over, .ended: return departure
    }
    departure.watching = endWatch()
    state = .over(unreceived: departure.unreceived)
    return departure
  }

  private mutating func depart(leaving entries: Fifo<Entry>) -> Departure {
    var departure = Departure()
    for entry in entries.elements {
      if let producer = entry.producer { departure.refused.append(producer.waiter) } else { departure.unreceived += 1 }
    }
    departure.refused += flushing.map(\.waiter)
    flushing = []
    return departure
  }

  private mutating func endWatch() -> [Waiter] {
    defer { watching = [] }
    return watching.map(\.waiter)
  }

  /// Somebody wants to know when all that was sent has been received; `nil`: it waits.
  mutating func flush(_ waiter: Waiting) -> Result<Void, SendError>? {
    switch state {
    case .open(let entries), .finished(let entries, _):
      if entries.isEmpty { return .success(()) }
      flushing.append(waiter)
      return nil
    case .over(let unreceived): return unreceived == 0 ? .success(()) : .failure(.gone(unreceived: unreceived))
    case .hungry, .ended: return .success(())
    }
  }

  /// Somebody wants to know when the consumer has gone. Says whether it has.
  mutating func watch(_ waiter: Waiting) -> Bool {
    if !isGone { watching.append(waiter) }
    return isGone
  }

  /// The task of somebody who waits was cancelled; its element, where it has one, is not received. Gives it, and who
  /// waited for nothing to be left if that is so now.
  mutating func cancel(_ id: Int) -> (cancelled: Waiter, flushed: [Waiter])? {
    if let index = flushing.firstIndex(where: { $0.id == id }) { return (flushing.remove(at: index).waiter, []) }
    if let index = watching.firstIndex(where: { $0.id == id }) { return (watching.remove(at: index).waiter, []) }
    switch state {
    case .open(var entries):
      state = .ended  // gives up the entries
      let removed = entries.removeFirst { $0.producer?.id == id }
      state = .open(entries)
      return removed?.producer.map { ($0.waiter, endFlush(of: entries)) }
    case .finished(var entries, let failure):
      state = .ended
      let removed = entries.removeFirst { $0.producer?.id == id }
      state = .finished(entries, failure)
      return removed?.producer.map { ($0.waiter, endFlush(of: entries)) }
    case .hungry, .over, .ended: return nil
    }
  }

  private mutating func endFlush(of entries: Fifo<Entry>) -> [Waiter] {
    guard entries.isEmpty, !flushing.isEmpty else { return [] }
    defer { flushing = [] }
    return flushing.map(\.waiter)
  }
}
