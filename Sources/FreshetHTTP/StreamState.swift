// Which halves of an HTTP/2 stream are still open, and how it ended.
//
//        ┌─ sendEndStream ──▶ halfClosedLocal ─── receiveEndStream ─┐
//   open ┤                                                         ├──▶ closed(.ended)
//        └─ receiveEndStream ▶ halfClosedRemote ─ sendEndStream ────┘
//   any but closed ── a reset by either side, a refusal, the connection's end ──▶ closed(reason)

/// How a stream ended.
public enum StreamEnd: Sendable, Hashable {
  /// Both sides sent END_STREAM.
  case ended
  /// The peer sent RST_STREAM.
  case resetByPeer(ErrorCode)
  /// This side sent RST_STREAM, on request or because the peer broke a rule of the stream.
  case resetByUs(ErrorCode)
  /// The peer has not processed the stream, so its call can be retried: GOAWAY with a lower last stream identifier.
  case unprocessed
  /// The request never left this side.
  case unsent
  /// As the two above, but the peer closes the connection cleanly and has processed other streams of it: GOAWAY with
  /// NO_ERROR and the identifier of the last processed stream.
  case leftOver
  /// The connection ended first.
  case connectionLost

  /// Whether the peer has not seen the request, so that its call can be retried (grpc-wire.md C6).
  public var isUnseen: Bool {
    switch self {
    case .unprocessed, .unsent, .leftOver: true
    case .ended, .resetByPeer, .resetByUs, .connectionLost: false
    }
  }
}

/// The state of a stream (RFC 9113 §5.1), from its first HEADERS on.
public enum StreamState: Sendable, Hashable {
  /// Both sides may send. → halfClosedLocal, halfClosedRemote, closed
  case open
  /// This side has sent END_STREAM. → closed
  case halfClosedLocal
  /// The peer has sent END_STREAM. → closed
  case halfClosedRemote
  /// Final.
  case closed(StreamEnd)

  /// Whether the peer may still send.
  public var isRemoteOpen: Bool { self == .open || self == .halfClosedLocal }

  /// Whether this side may still send.
  public var isLocalOpen: Bool { self == .open || self == .halfClosedRemote }

  public var isClosed: Bool {
    if case .closed = self { true } else { false }
  }

  public mutating func sendEndStream() {
    switch self {
    case .open: self = .halfClosedLocal
    case .halfClosedRemote: self = .closed(.ended)
    case .halfClosedLocal, .closed: break  // a reset and our END_STREAM may cross on the wire
    }
  }

  public mutating func receiveEndStream() {
    switch self {
    case .open: self = .halfClosedRemote
    case .halfClosedLocal: self = .closed(.ended)
    case .halfClosedRemote, .closed: break  // nghttp2 has already answered it with STREAM_CLOSED
    }
  }

  /// Closes the stream; the first reason is kept.
  public mutating func close(_ end: StreamEnd) {
    switch self {
    case .open, .halfClosedLocal, .halfClosedRemote: self = .closed(end)
    case .closed: break  // both sides' resets may cross on the wire
    }
  }
}
