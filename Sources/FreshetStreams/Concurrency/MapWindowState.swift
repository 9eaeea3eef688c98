// The elements that a concurrent map is working on, as a pure state machine over results and continuations.
//
// Results are kept in slots. Ordered, an element gets the next slot when its work starts; unordered, the first free one
// when it is done. The consumer always takes the first slot. The places are the slots and the element that the consumer
// is receiving: as many as the limit.
//
//            finish                    stop
//      open ─────────▶ finished ──────────────▶ stopped
//        └───────────────────────────────────────▲

/// The waiter type is a parameter, so that tests can use names.
struct MapWindowState<Output, Failure: Error, Feeder, Taker> {
  private enum Input {
    /// The feeder requests elements. → finished, stopped.
    case open
    /// The feeder waits for a place. → open (release), stopped.
    case full(Feeder)
    /// There are no further elements; then, possibly, an error.
    case finished(Failure?)
    /// Results are no longer taken.
    case stopped
  }

  private let limit: Int
  private let ordered: Bool
  private var input = Input.open
  private var taker: Taker?
  private var slots = Fifo<Result<Output, Failure>?>()
  /// The number of the element in the first slot.
  private var firstNumber = 0
  /// How many slots are filled; without order they are the first ones.
  private var filled = 0
  /// 1 while the consumer is receiving an element.
  private var underway = 0

  init(limit: Int, ordered: Bool) {
    self.limit = limit
    self.ordered = ordered
  }

  enum OnAdmit {
    case admit
    /// All places are taken; the feeder waits.
    case wait
    case stop
  }

  /// The feeder wants to request another element.
  mutating func admit(_ feeder: Feeder) -> OnAdmit {
    switch input {
    case .open:
      if slots.count + underway < limit { return .admit }
      input = .full(feeder)
      return .wait
    case .stopped: return .stop
    case .full, .finished: preconditionFailure("admit() after the end, or twice at once")
    }
  }

  /// Work on an element starts; returns its number.
  mutating func begin() -> Int {
    slots.append(nil)
    return firstNumber + slots.count - 1
  }

  enum OnTake {
    case give(Result<Output, Failure>)
    case end(Failure?)
    case wait
  }

  /// Work on an element is done. Returns the waiting taker and its result.
  mutating func put(_ result: Result<Output, Failure>, number: Int) -> (Taker, Result<Output, Failure>)? {
    slots[ordered ? number - firstNumber : filled] = result
    filled += 1
    guard let taker, let first = takeFirst() else { return nil }
    self.taker = nil
    return (taker, first)
  }

  /// The feeder has no further elements. Returns the waiting taker, if this is the end for it.
  mutating func finish(_ failure: Failure?) -> Taker? {
    if case .stopped = input { return nil }
    input = .finished(failure)
    guard slots.isEmpty else { return nil }
    return self.taker.take()
  }

  /// The consumer wants a result.
  mutating func take(_ taker: Taker) -> OnTake {
    if let first = takeFirst() { return .give(first) }
    if slots.isEmpty, case .finished(let failure) = input { return .end(failure) }
    self.taker = taker
    return .wait
  }

  private mutating func takeFirst() -> Result<Output, Failure>? {
    guard !slots.isEmpty, let first = slots[0] else { return nil }
    _ = slots.popFirst()
    firstNumber += 1
    filled -= 1
    underway = 1
    return first
  }

  /// The consumer wants the element after the last one, whose place is now free. Returns the waiting feeder.
  mutating func release() -> Feeder? {
    underway = 0
    guard case .full(let feeder) = input else { return nil }
    input = .open
    return feeder
  }

  /// Results are no longer taken. Returns the waiting feeder, which must stop.
  mutating func stop() -> Feeder? {
    defer { input = .stopped }
    if case .full(let feeder) = input { return feeder }
    return nil
  }
}
