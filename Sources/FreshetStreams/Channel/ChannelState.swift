// The waiters of a channel, as a pure state machine over elements and continuations.
//
//             next (nothing there)             finish
//      open ◀─────────────────────▶ hungry ──────────────▶ ended
//       │  │       send               │                      ▲
//       │  │ leave                    │ leave    next (empty)│
//       │  └──────────▶ over ◀────────┴──────┐               │
//       │ finish                             │ leave         │
//       └──────────────────────────────▶ finished ───────────┘

/// The queue between many producers and one consumer, whose iterators may wait concurrently. The waiter types are
/// parameters, so that tests can use names.
struct ChannelState<Element, Failure, Waiter, Consumer> {
  /// A waiting task, with an identifier to remove it when it is cancelled.
  typealias Waiting = (id: Int, waiter: Waiter)

  private struct Entry {
    let element: Element
    /// Waits for the channel to accept the element; nil within the capacity.
    var producer: Waiting?
  }

  private enum State {
    /// Elements wait for the consumer, or there are none. → hungry (next), finished, over (leave).
    case open(Fifo<Entry>)
    /// The consumer waits, the queue is empty. → open (send to the only waiter), ended (finish), over (leave).
    case hungry(Waiters<Consumer>)
    /// No further elements are accepted; buffered ones can be received. → ended (next), over (leave).
    case finished(Fifo<Entry>, Failure?)
    /// The consumer is gone and left this many elements unread.
    case over(unreceived: Int)
    /// Everything was received, including the end.
    case ended
  }

  let capacity: Int
  private var state = State.open(Fifo())
  /// Waiters for all elements to be received; empty unless elements are buffered.
  private var flushing: [Waiting] = []
  /// Waiters for the consumer to leave; empty once it has left or received the end.
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
    /// The element is in the queue.
    case accepted
    /// The consumer gets the element.
    case deliver(Consumer)
    /// There is no room; the producer, if any, waits with its element.
    case wait
    case refuse(SendError)
  }

  /// A producer sends an element. Without a producer, the element is not accepted when there is no room.
  mutating func send(_ element: Element, _ producer: Waiting?) -> OnSend {
    switch state {
    case .open(var entries):
      let hasRoom = entries.count < capacity
      guard hasRoom || producer != nil else { return .wait }
      state = .ended  // gives up the entries, so that appending copies nothing
      entries.append(Entry(element: element, producer: hasRoom ? nil : producer))
      state = .open(entries)
      return hasRoom ? .accepted : .wait
    case .hungry(var consumers):
      state = .open(Fifo())
      guard let consumer = consumers.popFirst() else { return send(element, producer) }
      if !consumers.isEmpty { state = .hungry(consumers) }
      return .deliver(consumer)
    case .finished, .ended: return .refuse(.finished)
    case .over(let unreceived): return .refuse(.gone(unreceived: unreceived))
    }
  }

  enum OnNext {
    /// An element, and the waiters that this resumes.
    case give(Element, [Waiter])
    /// Nothing is buffered; the consumer, if any, waits.
    case wait
    /// The end, and the waiters that this resumes.
    case end(Failure?, [Waiter])
  }

  /// The consumer requests an element. Without a consumer, nothing waits if there is none.
  mutating func next(_ consumer: Consumer?) -> OnNext {
    switch state {
    case .open(var entries):
      state = .ended  // gives up the entries
      guard let (element, woken) = take(from: &entries) else {
        guard let consumer else {
          state = .open(entries)
          return .wait
        }
        var consumers = Waiters<Consumer>()
        consumers.append(consumer)
        state = .hungry(consumers)
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
    case .hungry(var consumers):
      if let consumer {
        consumers.append(consumer)
        state = .hungry(consumers)
      }
      return .wait
    }
  }

  /// The consumer takes a buffered element, if any, and leaves an end for later.
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

  /// One element, the producer whose element is now accepted, and the waiters for an empty queue.
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

  /// No further elements are accepted. Returns the waiting consumers, the first of which receives the end with its
  /// failure, and the watchers.
  mutating func finish(_ failure: Failure?) -> ([Consumer], [Waiter])? {
    switch state {
    case .open(let entries):
      state = .finished(entries, failure)
      return nil
    case .hungry(let consumers):
      state = .ended
      return (consumers.all, endWatch())
    case .finished, .over, .ended: return nil  // the first end counts
    }
  }

  /// The consequences of the consumer's departure.
  struct Departure {
    var consumers: [Consumer] = []
    /// Producers whose elements are refused, and waiters for all to be received.
    var refused: [Waiter] = []
    /// Waiters for the consumer to leave.
    var watching: [Waiter] = []
    var unreceived = 0
    /// Unreceived elements, to be released outside of locks: they may hold sinks of this channel.
    var left: [Element] = []
  }

  /// The consumer is dropped or cancelled.
  mutating func leave() -> Departure {
    var departure = Departure()
    switch state {
    case .open(let entries): departure = depart(leaving: entries)
    case .finished(let entries, _): departure = depart(leaving: entries)
    case .hungry(let consumers): departure.consumers = consumers.all
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
    departure.left = entries.elements.map(\.element)
    flushing = []
    return departure
  }

  private mutating func endWatch() -> [Waiter] {
    defer { watching = [] }
    return watching.map(\.waiter)
  }

  /// A task asks whether everything sent has been received; `nil`: it waits.
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

  /// A task waits for the consumer to leave. Returns whether it has.
  mutating func watch(_ waiter: Waiting) -> Bool {
    if !isGone { watching.append(waiter) }
    return isGone
  }

  /// A waiting task was cancelled; its element, if any, is not received. Returns it, and the waiters for an empty queue
  /// if it is empty now.
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
