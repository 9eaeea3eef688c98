// A session's defence against floods.
import CNGHTTP2
public import FreshetHTTP
import NIOCore

extension HTTP2Session {
  /// The peer's burden counts so far.
  public var burdens: BurdenCounts { state.floods.counts }

  /// Counts a burden; its effect on the budget shows when the next bytes arrive.
  public func bear(_ burden: Burden) { _ = receive(burden) }

  /// Counts a burden below HTTP/2, after which nothing else may arrive.
  /// - Throws: `HTTP2Error.flooded` if that is too much; a GOAWAY is then pending.
  public func bear(_ burden: Burden, times: Int) throws(HTTP2Error) {
    for _ in 0..<times { bear(burden) }
    guard state.violation == nil, let (burden, setting) = state.floods.flood else { return }
    throw calmed(Self.flooded(by: burden, setting))
  }

  /// - Parameter tokens: its cost beyond `Burden.tokens`.
  /// - Returns: the result for a callback of nghttp2: anything but zero ends the session.
  func receive(_ burden: Burden, tokens: Int = 0) -> Int32 {
    switch state.floods.receive(burden, tokens: tokens, now: delegate?.now ?? .now()) {
    case .bear: return 0
    case .tell:
      delegate?.receiveBurden(burden)
      return 0
    case .end: return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
  }

  // MARK: Headers

  /// The cost of a header list, whose size is counted as for its limit: nothing up to 6 KiB, since calls may well have
  /// 8 KiB of tokens, cookies and tracing, then a token for each 512 bytes. Decoding that many takes some 3 µs if they
  /// are short fields.
  static func tokens(ofListBytes bytes: Int) -> Int { max(0, bytes - 6 * 1024) / 512 }

  /// The cost of a block, or part of one, that is decoded only for HPACK's table. A byte may be a whole field, which
  /// then takes 29 ns, a seventh of a field that is kept; so a token is some 4 µs here, too. The first KiB, more than
  /// the head of an ordinary call, is free.
  static func tokens(ofIgnoredBytes bytes: Int) -> Int { max(0, bytes - 1024) / 128 }

  /// A section with a long list was received, truncated or not.
  func bearCost(of section: HeaderSection) {
    if section.isTruncated { bear(.largeHeaders) }
    bearHeavyHeaders(Self.tokens(ofListBytes: section.fields.listBytes + state.sections.bytesBeside))
  }

  /// nghttp2 rejects HEADERS: it refuses their stream, or has found an error in them.
  func bearInvalidHeaders(_ header: nghttp2_frame_hd) {
    state.unclaimedHeaders = 0
    if role == .server, header.stream_id > state.lastPeerStreamID { noteOpened(header.stream_id) }
    // nghttp2 does not know a refused stream, even before it has told the peer.
    if nghttp2_session_get_stream_user_data(session, header.stream_id) == nil { noteReset(header.stream_id) }
    let listBytes = state.receivingHeadersOf == header.stream_id ? state.sections.listBytes : 0
    bearHeavyHeaders(Self.tokens(ofListBytes: listBytes) + Self.tokens(ofIgnoredBytes: header.length))
  }

  private func bearHeavyHeaders(_ tokens: Int) {
    if tokens > 0 { _ = receive(.heavyHeaders, tokens: tokens) }
  }

  /// Whether a header block is incomplete: until it is complete, the peer can send nothing else.
  public var isReceivingHeaders: Bool { state.awaitsContinuation || state.receivingHeadersOf != 0 }

  var isFullOfStreams: Bool { state.peerStreamCount >= maxConcurrentStreams }

  static func flooded(by burden: Burden, _ setting: String) -> HTTP2Error {
    HTTP2Error(.flooded, "the peer sends more than it may (\(setting)), at last \(burden)")
  }
}
