// The waiters of a generator, as a pure state machine over elements and continuations.
//
//                 demand                      finish
//      parked ◀──────────────▶ demanded ──────────────────┐
//        │        yield          │                        ▼
//        │ cancel                │ cancel                ended
//        └──────────▶ cancelled ◀┘ ──── finish ───────────▲

/// The waiting producers: the one whose element was received last, and those whose elements are still queued.
struct Parked<Element, Producer> {
  /// The producer whose element was received; its `yield` returns at the next demand.
  var current: Producer?
  /// Elements of child tasks that yielded out of turn, in order of arrival; empty for a body that is one task.
  var queue: [(element: Element, producer: Producer)] = []
}

/// One run of a generator. The element and waiter types are parameters, so that tests can use names.
struct RendezvousState<Element, Consumer, Producer> {
  private enum State {
    /// The consumer has no request. → demanded (demand), cancelled, ended (finish).
    case parked(Parked<Element, Producer>)
    /// The consumer waits for an element. → parked (yield), cancelled, ended (finish).
    case demanded(Consumer)
    /// The consumer is gone, or is cancelled and waits for the body to end. → ended (finish).
    case cancelled(Consumer?)
    /// The body has returned or thrown.
    case ended
  }

  private var state = State.parked(Parked())

  enum OnDemand {
    /// The body is running; `yield` or `finish` will answer.
    case wait
    /// Like ``wait``, and this producer's `yield` returns now.
    case wake(Producer)
    /// An element was queued; the `yield` of the previous producer returns.
    case receive(Element, Producer?)
    /// There will be no more elements.
    case end
  }

  /// The consumer requests an element.
  mutating func demand(_ consumer: Consumer) -> OnDemand {
    switch state {
    case .parked(var parked):
      let producer = parked.current
      guard parked.queue.isEmpty else {
        state = .ended  // gives up the queue, so that taking its first element copies nothing
        let first = parked.queue.removeFirst()
        parked.current = first.producer
        state = .parked(parked)
        return .receive(first.element, producer)
      }
      state = .demanded(consumer)
      return producer.map { .wake($0) } ?? .wait
    case .cancelled(nil):
      state = .cancelled(consumer)
      return .wait
    case .demanded, .cancelled(.some):
      preconditionFailure("next() was called while another next() of the same iterator waits")
    case .ended: return .end
    }
  }

  enum OnYield {
    /// The producer waits, either for its element's turn or for the next demand.
    case wait
    /// The consumer gets the element; the producer waits for the next demand.
    case deliver(Consumer)
    /// The element will not be received.
    case fail
  }

  /// A producer sends an element, which is evaluated only if it has to queue.
  mutating func yield(_ producer: Producer, _ element: () -> Element) -> OnYield {
    switch state {
    case .demanded(let consumer):
      state = .parked(Parked(current: producer))
      return .deliver(consumer)
    case .parked(var parked):
      state = .ended  // gives up the queue, so that appending to it copies nothing
      parked.queue.append((element(), producer))
      state = .parked(parked)
      return .wait
    case .cancelled, .ended: return .fail
    }
  }

  /// The body has returned or thrown: a waiting consumer is resumed, and producers that are still parked (tasks that
  /// the body left behind) fail.
  mutating func finish() -> (Consumer?, Parked<Element, Producer>) {
    defer { state = .ended }
    switch state {
    case .demanded(let consumer): return (consumer, Parked())
    case .cancelled(let consumer): return (consumer, Parked())
    case .parked(let parked): return (nil, parked)
    case .ended: return (nil, Parked())
    }
  }

  /// The consumer is dropped or cancelled: every parked producer fails.
  mutating func cancel() -> Parked<Element, Producer> {
    switch state {
    case .parked(let parked):
      state = .cancelled(nil)
      return parked
    case .demanded(let consumer):
      state = .cancelled(consumer)
      return Parked()
    case .cancelled, .ended: return Parked()  // cancelled twice, or after the end
    }
  }
}
