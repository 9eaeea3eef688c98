// The state of one attempt of a call.
//
//   waiting ─ open ─▶ sent ─ receiveHead ─▶ answered ─┐
//      ▲───── renew ────┤                             │
//      └────────────────┴─────────────────────────────┴─ end ─▶ ended

enum AttemptState {
  /// The request's head is not sent. → sent, ended
  case waiting
  /// It is sent. → answered, waiting, ended
  case sent
  /// The response's head has arrived. → ended
  case answered
  /// The status has arrived, or is no longer wanted. Final.
  case ended

  /// Whether to open the request on the connection that the attempt waited for.
  mutating func open() -> Bool { move(from: .waiting, to: .sent) }

  /// Whether the attempt may be repeated, because the server did not process it.
  mutating func renew() -> Bool { move(from: .sent, to: .waiting) }

  /// Whether these are the response's headers.
  mutating func receiveHead() -> Bool { move(from: .sent, to: .answered) }

  /// - Returns: whether it was not over before.
  mutating func end() -> Bool {
    defer { self = .ended }
    return self != .ended
  }

  private mutating func move(from: AttemptState, to: AttemptState) -> Bool {
    guard self == from else { return false }
    self = to
    return true
  }
}
