// Where a connection stands between its socket's opening and its end.
//
//   securing ─ tlsOpened ─▶ opening ─ receiveSettings ─▶ ready ─┐
//      └──────────────────────┴──────────────────────────┴──────┴─ finish ─▶ flushing ─ close ─▶ closed
//   close is possible from every state

/// The state of a connection, without its streams.
enum ConnectionState {
  /// The TLS handshake runs. → opening, closed
  case securing
  /// The peer's SETTINGS have not arrived. → ready, flushing, closed
  case opening
  /// Calls run. → flushing, closed
  case ready
  /// The HTTP/2 session is over; its last bytes are on their way. → closed
  case flushing
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

  mutating func tlsOpened() {
    if case .securing = self { self = .opening }
  }

  enum OnSettings { case becameReady, ignore }

  mutating func receiveSettings() -> OnSettings {
    switch self {
    case .opening:
      self = .ready
      return .becameReady
    case .securing, .ready, .flushing, .closed:
      return .ignore  // later SETTINGS only change numbers, which nghttp2 keeps
    }
  }

  enum OnFinish { case closeAfterFlush, ignore }

  mutating func finish() -> OnFinish {
    switch self {
    case .securing, .opening, .ready:
      self = .flushing
      return .closeAfterFlush
    case .flushing, .closed:
      return .ignore
    }
  }

  enum OnClose { case tell, ignore }

  mutating func close(_ error: TransportError) -> OnClose {
    if isClosed { return .ignore }
    self = .closed(error)
    return .tell
  }
}
