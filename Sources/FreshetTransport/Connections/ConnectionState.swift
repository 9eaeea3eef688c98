// The state of a connection, from its socket's opening to its end.
//
//   securing ─ tlsOpened ─▶ opening ─ receiveSettings ─▶ ready ─┐
//      └──────────────────────┴──────────────────────────┴──────┴─ finish ─▶ flushing ─ close ─▶ closed
//   close is possible from every state

/// The state of a connection, without its streams.
enum ConnectionState {
  /// The TLS handshake is running. → opening, closed
  case securing
  /// The peer's SETTINGS have not arrived. → ready, flushing, closed
  case opening
  /// Streams can be opened. → flushing, closed
  case ready
  /// The HTTP/2 session is over, for this reason; its last bytes are being sent. → closed
  case flushing(TransportError)
  /// Final, with the first reason.
  case closed(TransportError)

  var isClosed: Bool {
    if case .closed = self { true } else { false }
  }

  /// Whether bytes from the peer still matter.
  var isReceiving: Bool {
    switch self {
    case .securing, .opening, .ready: true
    case .flushing, .closed: false
    }
  }

  /// Whether it was not open before.
  mutating func tlsOpened() -> Bool {
    guard case .securing = self else { return false }
    self = .opening
    return true
  }

  enum OnSettings { case becameReady, ignore }

  mutating func receiveSettings() -> OnSettings {
    switch self {
    case .opening:
      self = .ready
      return .becameReady
    case .securing, .ready, .flushing, .closed:
      return .ignore  // later SETTINGS only change values that nghttp2 keeps
    }
  }

  enum OnFinish { case closeAfterFlush, ignore }

  mutating func finish(_ error: TransportError) -> OnFinish {
    switch self {
    case .securing, .opening, .ready:
      self = .flushing(error)
      return .closeAfterFlush
    case .flushing, .closed:
      return .ignore
    }
  }

  enum OnClose { case tell(TransportError), ignore }

  /// - Returns: the first reason, which is the one to report.
  mutating func close(_ error: TransportError) -> OnClose {
    switch self {
    case .closed: return .ignore
    case .flushing(let first):  // the peer closes its side, as expected after ours
      self = .closed(first)
      return .tell(first)
    case .securing, .opening, .ready:
      self = .closed(error)
      return .tell(error)
    }
  }
}
