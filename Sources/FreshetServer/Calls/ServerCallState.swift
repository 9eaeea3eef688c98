// The state of a server's call.
//
//   awaitingHead ─ route ─▶ collecting ─ receiveEndStream ─▶ running ─ answer ─▶ answered
//        │          └─────────────── (streamed requests) ────────▲
//        └──────────── answer (a refusal, a reset, the connection's end) ─▶ answered, from every state
enum ServerCallState {
  /// The request's headers have not arrived. → collecting, running, answered
  case awaitingHead
  /// The one request of a method that takes one is being received. → running, answered
  case collecting(hasMessage: Bool)
  /// The handler runs. → answered
  case running
  /// The status was sent, or is no longer wanted. The handler may still be running.
  case answered

  enum OnMessage { case keep, tooMany, ignore }

  /// A whole message arrived for a method that takes one.
  mutating func receiveMessage() -> OnMessage {
    switch self {
    case .collecting(hasMessage: false):
      self = .collecting(hasMessage: true)
      return .keep
    case .collecting: return .tooMany
    case .awaitingHead, .running, .answered: return .ignore
    }
  }

  enum OnEnd { case start, noMessage, ignore }

  /// The request of a method that takes one is complete.
  mutating func finishCollecting() -> OnEnd {
    switch self {
    case .collecting(hasMessage: true):
      self = .running
      return .start
    case .collecting(hasMessage: false): return .noMessage
    case .awaitingHead, .running, .answered: return .ignore
    }
  }

  enum OnAnswer { case send, ignore }

  /// The status is known; only the first one counts.
  mutating func answer() -> OnAnswer {
    switch self {
    case .awaitingHead, .collecting, .running:
      self = .answered
      return .send
    case .answered: return .ignore  // the handler's end, the deadline and the client's reset race with each other
    }
  }
}
