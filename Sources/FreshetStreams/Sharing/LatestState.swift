// A value and the waiters for a newer one, as a pure state machine.

/// The waiter type is a parameter, so that tests can use names.
struct LatestState<Value, Waiter> {
  private(set) var value: Value
  /// Counts the values; the first is 1.
  private var version = 1
  private var isFinished = false
  private var waiting: [Int: Waiters<Waiter>] = [:]
  private var lastID = 0

  init(value: Value) { self.value = value }

  /// A reader's number, for ``ask(_:after:_:)``.
  mutating func join() -> Int {
    lastID += 1
    return lastID
  }

  enum Answer {
    case value(Value, version: Int)
    case wait
    case end
  }

  /// A reader that knows the value of this version requests a newer one, or waits for it.
  mutating func ask(_ id: Int, after known: Int, _ waiter: Waiter) -> Answer {
    if version > known { return .value(value, version: version) }
    if isFinished { return .end }
    waiting[id, default: Waiters()].append(waiter)
    return .wait
  }

  /// There is a newer value; returns the waiters, which get it, and its version.
  mutating func change(_ change: (inout Value) -> Void) -> ([Waiter], version: Int) {
    if isFinished { return ([], version) }
    change(&value)
    version += 1
    return (takeWaiting(), version)
  }

  /// There will be no newer value; returns the waiters.
  mutating func finish() -> [Waiter] {
    isFinished = true
    return takeWaiting()
  }

  /// A reader is cancelled; returns its waiters.
  mutating func cancel(_ id: Int) -> [Waiter] { waiting.removeValue(forKey: id)?.all ?? [] }

  private mutating func takeWaiting() -> [Waiter] {
    defer { waiting = [:] }
    // In order of joining, so that the order of events does not depend on hashing.
    return waiting.sorted { $0.key < $1.key }.flatMap(\.value.all)
  }
}
