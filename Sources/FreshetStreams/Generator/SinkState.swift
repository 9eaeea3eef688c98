// Whose turn it is at the sink of a generator that runs directly, as a pure state machine.
//
//           enter             close                    close
//      free ─────▶ busy ─────────────────▶ failed ─────────────▶ ended
//        ▲  leave   │ │                                            ▲
//        └──────────┘ └──────────────── close ─────────────────────┘

/// Who is in the sink; continuations are a type parameter, so that tests can use names.
///
/// It knows nothing of elements, since generic types that are not specialised are looked up at run time at each use.
enum SinkState<Waiter> {
  /// Nobody is in the sink. → busy, failed, ended.
  case free
  /// One call is in the sink, others wait in order. → free, busy, failed, ended.
  case busy([Waiter])
  /// The sink threw. → ended.
  case failed(any Error)
  /// The body has returned or thrown.
  case ended

  enum Entry {
    case enter
    /// The sink is busy; the waiter, where there is one, has been put into the queue.
    case wait
    case fail(any Error)
  }

  mutating func enter(_ waiter: Waiter?) -> Entry {
    switch self {
    case .free:
      self = .busy([])
      return .enter
    case .busy(let waiters):
      if let waiter { self = .busy(waiters + [waiter]) }
      return .wait
    case .failed(let error): return .fail(error)
    case .ended: return .fail(CancellationError())
    }
  }

  /// The call in the sink has returned; the waiter that is given, if any, is in the sink now.
  mutating func leave() -> Waiter? {
    switch self {
    case .busy(let waiters):
      self = waiters.isEmpty ? .free : .busy(Array(waiters.dropFirst()))
      return waiters.first
    case .free, .failed, .ended: return nil  // ended: a yield that escaped its body was in the sink
    }
  }

  /// Nobody enters any more; gives those that waited. What is over stays so.
  mutating func close(_ end: SinkState) -> [Waiter] {
    switch self {
    case .ended: return []
    case .busy(let waiters):
      self = end
      return waiters
    case .free, .failed:
      self = end
      return []
    }
  }
}
