// The state of a client's call, whatever its attempts do (grpc-channel.md R70).
//
//   created ─ start ─▶ buffering ─ commit ─▶ committed ─┐
//      └───────────────────┴────────────────────────────┴─ finish ─▶ finished

enum ClientCallState {
  /// → buffering, finished
  case created
  /// Interceptors or unanswered attempts are running: sent messages are kept for other attempts. → committed, finished
  case buffering
  /// The head of an attempt's response has arrived: it is the last attempt. → finished
  case committed
  /// The status is known, or the call was cancelled. Final.
  case finished

  /// Whether the call starts now.
  mutating func start() -> Bool { move(from: .created, to: .buffering) }

  /// Whether this is the first response.
  mutating func commit() -> Bool { move(from: .buffering, to: .committed) }

  enum OnFinish {
    case tell, ignore
    /// Nothing can be reported yet: `start` will find the call finished.
    case keepForStart
  }

  /// The outcome is known; only the first one counts, since status, deadline and cancellation race.
  mutating func finish() -> OnFinish {
    defer { self = .finished }
    switch self {
    case .created: return .keepForStart
    case .buffering, .committed: return .tell
    case .finished: return .ignore
    }
  }

  private mutating func move(from: ClientCallState, to: ClientCallState) -> Bool {
    guard self == from else { return false }
    self = to
    return true
  }
}
