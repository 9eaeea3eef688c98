// Where one try of a call stands.
//
//   waiting ─ open ─▶ sent ─ receiveHead ─▶ answered ─┐
//      ▲───── renew ────┤                             │
//      └────────────────┴─────────────────────────────┴─ end ─▶ ended

enum AttemptState {
  /// The request's head is not out. → sent, ended
  case waiting
  /// It is. → answered, waiting, ended
  case sent
  /// The response's head is here. → ended
  case answered
  /// The status is here, or is not wanted any more. Final.
  case ended

  /// Whether the request is to be put on the connection that the attempt waited for.
  mutating func open() -> Bool { move(from: .waiting, to: .sent) }

  /// Whether the attempt may be made once more, because the server did not process it.
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
