// A session's part for peers that send more than they should.
import CNGHTTP2
public import FreshetHTTP
import NIOCore

extension HTTP2Session {
  /// What the peer has done so far that brings neither side on.
  public var burdens: BurdenCounts { floods.counts }

  /// Counts what the peer has done; what it does to the budget shows when the next bytes come.
  public func bear(_ burden: Burden) { _ = receive(burden) }

  /// Counts what the peer has done below HTTP/2, and which may be all that comes.
  /// - Throws: `HTTP2Error.flooded` when that is too much; a GOAWAY waits to be sent then.
  public func bear(_ burden: Burden, times: Int) throws(HTTP2Error) {
    for _ in 0..<times { bear(burden) }
    guard violation == nil, let (burden, setting) = floods.flood else { return }
    throw calmed(Self.flooded(by: burden, setting))
  }

  /// - Parameter tokens: what it costs beyond `Burden.tokens`.
  /// - Returns: what a callback of nghttp2 gives back: anything but zero ends the session.
  func receive(_ burden: Burden, tokens: Int = 0) -> Int32 {
    switch floods.receive(burden, tokens: tokens, now: delegate?.now ?? .now()) {
    case .bear: return 0
    case .tell:
      delegate?.receiveBurden(burden)
      return 0
    case .end: return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
  }

  // MARK: Headers

  /// What a header list costs, counted as its limit is: nothing up to 6 KiB, since calls may well have 8 KiB of tokens,
  /// cookies and tracing, then a token for each 512 bytes. Decoding that many takes some 3 µs, if they are short fields.
  static func tokens(ofListBytes bytes: Int) -> Int { max(0, bytes - 6 * 1024) / 512 }

  /// What a block, or a part of one, costs that is decoded for the sake of HPACK's table alone. A byte may be a whole
  /// field, which takes 29 ns then, a seventh of what fields take that are kept; so a token is some 4 µs here, too. The
  /// first KiB, which is more than the head of an ordinary call, is free.
  static func tokens(ofIgnoredBytes bytes: Int) -> Int { max(0, bytes - 1024) / 128 }

  /// A section came whose list is long, truncated or not.
  func bearCost(of section: HeaderSection) {
    if section.isTruncated { bear(.largeHeaders) }
    bearHeavyHeaders(Self.tokens(ofListBytes: section.fields.listBytes + sections.bytesBeside))
  }

  /// nghttp2 gives up HEADERS: it refuses their stream, or has found an error in them.
  func bearInvalidHeaders(_ header: nghttp2_frame_hd) {
    unclaimedHeaders = 0
    if role == .server, header.stream_id > lastPeerStreamID { noteOpened(header.stream_id) }
    // Of a refused stream nghttp2 knows nothing, also before it has told the peer so.
    if nghttp2_session_get_stream_user_data(session, header.stream_id) == nil { noteReset(header.stream_id) }
    let listBytes = receivingHeadersOf == header.stream_id ? sections.listBytes : 0
    bearHeavyHeaders(Self.tokens(ofListBytes: listBytes) + Self.tokens(ofIgnoredBytes: header.length))
  }

  private func bearHeavyHeaders(_ tokens: Int) {
    if tokens > 0 { _ = receive(.heavyHeaders, tokens: tokens) }
  }

  /// Whether a header block was begun and is not whole yet: until it is, the peer can say nothing else.
  public var isReceivingHeaders: Bool { awaitsContinuation || receivingHeadersOf != 0 }

  var isFullOfStreams: Bool { peerStreamCount >= maxConcurrentStreams }

  static func flooded(by burden: Burden, _ setting: String) -> HTTP2Error {
    HTTP2Error(.flooded, "the peer sends more than it may (\(setting)), at last \(burden)")
  }
}
