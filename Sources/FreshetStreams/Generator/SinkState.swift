// Whose turn it is at the sink of a generator that runs directly, as a pure state machine.
//
//           enter             close                    close
//      free ─────▶ busy ─────────────────▶ failed ─────────────▶ ended
//        ▲  leave   │ │                                            ▲
//        └──────────┘ └──────────────── close ─────────────────────┘

/// The callers of a sink. The waiter type is a parameter, so that tests can use names.
///
/// Not generic over elements, since unspecialised generic types are looked up at run time on each use.
enum SinkState<Waiter> {
  /// The sink is idle. → busy, failed, ended.
  case free
  /// One call is in the sink, others wait in order. → free, busy, failed, ended.
  case busy([Waiter])
  /// The sink threw. → ended.
  case failed(any Error)
  /// The body has returned or thrown.
  case ended

  enum Entry {
    case enter
    /// The sink is busy; the waiter, if any, has been queued.
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

  /// The call in the sink has returned; the returned waiter, if any, now enters the sink.
  mutating func leave() -> Waiter? {
    switch self {
    case .busy(let waiters):
      self = waiters.isEmpty ? .free : .busy(Array(waiters.dropFirst()))
      return waiters.first
    case .free, .failed, .ended: return nil  // ended: a yield that escaped its body was in the sink
    }
  }

  /// Nothing enters any more; returns the waiters. A final state is kept.
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
