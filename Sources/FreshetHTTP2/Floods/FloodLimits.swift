// How much a peer may burden a connection.

/// The bounds that end a connection whose peer sends what costs this side more than the peer (RFC 9113 §10.5). At each
/// of them the peer gets GOAWAY, with ENHANCE_YOUR_CALM if possible, and its connection is closed; other connections
/// are not affected.
public struct FloodLimits: Sendable, Hashable {
  /// How many frames that carry nothing the peer may send at once: RST_STREAM, PING, PRIORITY, WINDOW_UPDATE,
  /// CONTINUATION, GOAWAY, empty DATA, refused streams and interim responses count one, SETTINGS and streams that break
  /// a rule ten. nghttp2 1.52 has no such bound. The busiest legitimate start of a connection has fewer than 10,000.
  /// Frames of unknown types are not counted: nghttp2 skips them, and they cost no more than their bytes.
  ///
  /// HEADERS and DATA of closed streams count one, but DATA only beyond the window that a stream had left when this
  /// side reset it. Header lists count one more for each 512 bytes beyond 6 KiB, and blocks that are decoded and
  /// ignored for each 128 bytes beyond 1 KiB: fields may have one byte each, and decoding a long list of them takes ten
  /// times as long as a call.
  public var frameBurst = 10_000

  /// How many such frames per second the peer may send in the long run, besides those it earns.
  public var framesPerSecond = 100

  /// How many such frames the peer earns by each DATA and HEADERS frame it is sent: it answers some of them, with a
  /// WINDOW_UPDATE for the stream, one for the connection, and a PING that measures its bandwidth. Envoy allows as
  /// many.
  public var framesPerSentFrame = 10

  /// How many streams a client may reset at once (CVE-2023-44487); nghttp2's own guard and its default.
  public var resetBurst = 1_000

  /// How many streams per second a client may reset in the long run; nghttp2's own guard. Its default of 33 hits
  /// well-behaved clients: calls that are cancelled, hedged or exceed their deadlines are resets, and grpc-go resets
  /// each call that the server ended first. Resets of calls that made no progress are bounded by `framesPerSecond`.
  public var resetsPerSecond = 1_000

  /// How many CONTINUATION frames a header block may have (CVE-2024-28182); nghttp2's own guard and its default.
  public var maxContinuations = 8

  /// How many replies to SETTINGS and PING may be queued for a peer that does not read them (CVE-2019-9512,
  /// CVE-2019-9515); nghttp2's own guard and its default.
  public var maxUntakenAnswers = 1_000

  /// How many times `HTTP2Settings.maxHeaderListBytes` a decompressed header block may have. Beyond the limit itself
  /// only its call fails, with RESOURCE_EXHAUSTED; but each byte of a block may expand to kilobytes, and HPACK's state
  /// does not allow skipping any.
  public var maxHeaderListFactor = 16

  public init() {}

  /// The defaults, modified by the closure.
  public init(_ configure: (inout FloodLimits) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }
}
