// Where a client's call stands.
//
//   created ─ start ─▶ connecting ─ open ─▶ awaitingHead ─ receiveHead ─▶ receiving ─┐
//      │                    ▲─────── reopen ─────┤                           │
//      └────────────────────┴────────────────────┴───────────────────────────┴─ finish ─▶ finished

enum ClientCallState {
  /// → connecting, finished
  case created
  /// Interceptors run, or a connection is being made. → awaitingHead, finished
  case connecting
  /// The request's headers are out. → receiving, connecting, finished
  case awaitingHead
  /// The response's headers are here. → finished
  case receiving
  /// The status is known, or the call was given up. Final.
  case finished

  /// Whether the call starts now.
  mutating func start() -> Bool { move(from: .created, to: .connecting) }

  /// Whether the call is to be put on the connection that it waited for.
  mutating func open() -> Bool { move(from: .connecting, to: .awaitingHead) }

  /// Whether the call may be put on another connection, because the server did not process it.
  mutating func reopen() -> Bool { move(from: .awaitingHead, to: .connecting) }

  /// Whether these are the response's headers.
  mutating func receiveHead() -> Bool { move(from: .awaitingHead, to: .receiving) }

  enum OnFinish {
    case tell, tellAndForget, ignore
    /// Nobody can be told yet: `start` will find the call finished.
    case keepForStart
  }

  /// The outcome is known; only the first one counts, since status, deadline and cancellation race.
  mutating func finish() -> OnFinish {
    defer { self = .finished }
    switch self {
    case .created: return .keepForStart
    case .awaitingHead, .receiving: return .tell
    case .connecting: return .tellAndForget
    case .finished: return .ignore
    }
  }

  private mutating func move(from: ClientCallState, to: ClientCallState) -> Bool {
    guard self == from else { return false }
    self = to
    return true
  }
}
