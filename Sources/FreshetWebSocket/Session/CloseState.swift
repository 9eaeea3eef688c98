// How a WebSocket ends: two closes, one from each side, or a failure (RFC 6455 §7).
//
//            ┌─ receive a close ──▶ answering ── send ours ─────────▶ closed
//   open ────┼─ send a close ─────▶ closing ──── receive theirs ────▶ closed
//            │                         └──────── a fault, the end ──▶ failed
//            ├─ a fault of the peer ▶ failing ── send ours ─────────▶ failed
//            └─ the connection ends ────────────────────────────────▶ failed

/// The state of the closing handshake. Pure.
package enum CloseState: Sendable, Hashable {
  /// → answering, closing, failing, failed
  case open
  /// The peer sends nothing more; this side owes its close, and may send messages until then. → closed, failed
  case answering(CloseFrame)
  /// This side sends nothing more; what the peer still sends is dropped, but for its close. → closed, failed
  case closing(CloseFrame)
  /// The peer broke a rule, and nothing more is read; this side owes a close that says so, and may send messages until
  /// then. → failed
  case failing(WebSocketError)
  /// Final: both sides have closed; the peer's close.
  case closed(CloseFrame)
  /// Final.
  case failed(WebSocketError)

  package enum OnClose: Hashable {
    /// The peer wants to end the connection: this side answers when it is done.
    case deliver
    /// The peer has answered.
    case conclude
    case ignore
  }

  package mutating func receiveClose(_ frame: CloseFrame) -> OnClose {
    switch self {
    case .open:
      self = .answering(frame)
      return .deliver
    case .closing:
      self = .closed(frame)
      return .conclude
    case .answering, .failing, .closed, .failed: return .ignore  // nothing is read in these states
    }
  }

  /// - Returns: the frame to send, if one is due: an answer has the code that came (W72), and a failure its own.
  package mutating func sendClose(_ wanted: CloseFrame) -> CloseFrame? {
    switch self {
    case .open:
      self = .closing(wanted)
      return wanted
    case .answering(let theirs):
      self = .closed(theirs)
      return CloseFrame(theirs.code)
    case .failing(let error):
      self = .failed(error)
      return CloseFrame(error.code, reason: error.message)
    case .closing, .closed, .failed: return nil
    }
  }

  package enum OnFault: Hashable {
    /// This side owes a close.
    case deliver(WebSocketError)
    case ignore
  }

  /// The peer broke a rule.
  package mutating func fail(_ error: WebSocketError) -> OnFault {
    switch self {
    case .open:
      self = .failing(error)
      return .deliver(error)
    case .closing:
      self = .failed(error)
      return .deliver(error)
    case .answering, .failing, .closed, .failed: return .ignore
    }
  }

  /// The connection has ended.
  package mutating func receiveEnd(_ error: WebSocketError) -> OnFault {
    switch self {
    case .open, .closing:
      self = .failed(error)
      return .deliver(error)
    case .answering, .failing: return .ignore  // the peer may still read
    case .closed, .failed: return .ignore
    }
  }

  /// Whether messages and pings may be sent.
  package var isSending: Bool {
    switch self {
    case .open, .answering, .failing: true
    case .closing, .closed, .failed: false
    }
  }

  /// Whether received bytes are looked at.
  package var isReceiving: Bool {
    switch self {
    case .open, .closing: true
    case .answering, .failing, .closed, .failed: false
    }
  }
}
