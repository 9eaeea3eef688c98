// How much a peer may burden a connection.

/// The bounds that end a connection whose peer sends what costs this side more than it (RFC 9113 §10.5). At each of
/// them the peer gets GOAWAY, where it is known that early with ENHANCE_YOUR_CALM, and its connection is closed; other
/// connections are not touched.
public struct FloodLimits: Sendable, Hashable {
  /// How many frames that bring nothing the peer may send at once: RST_STREAM, PING, PRIORITY, WINDOW_UPDATE,
  /// CONTINUATION, GOAWAY, empty DATA, refused streams and interim responses count one, SETTINGS and streams that break
  /// a rule ten. nghttp2 1.52 has no such bound. 10,000 are more than the widest start of a connection has. Frames of
  /// unknown types are not among them: nghttp2 skips them, and they cost no more than the bytes that they are.
  ///
  /// HEADERS and DATA of streams that are closed count one, but DATA only beyond what a stream's window allowed when
  /// this side reset it. Header lists count one more for each 512 bytes beyond 6 KiB, and blocks that are decoded and
  /// ignored for each 128 bytes beyond 1 KiB: fields may be a byte each, and decoding a long list of them takes ten times as long as
  /// a call.
  public var frameBurst = 10_000

  /// How many such frames the peer may send in a second in the long run, beside those that were earned.
  public var framesPerSecond = 100

  /// How many such frames the peer earns by each DATA and HEADERS frame of ours: it answers some of them, with a
  /// WINDOW_UPDATE for the stream, one for the connection, a PING that measures its bandwidth. Envoy allows as many.
  public var framesPerSentFrame = 10

  /// How many streams a client may reset at once (CVE-2023-44487); nghttp2's own guard and its default.
  public var resetBurst = 1_000

  /// How many streams a client may reset in a second in the long run; nghttp2's own guard. Its default of 33 hits
  /// clients that behave: calls that are cancelled, hedged or run into their deadlines are resets, and grpc-go resets
  /// each call that the server ended first. Resets of calls that brought nothing are bounded by `framesPerSecond`.
  public var resetsPerSecond = 1_000

  /// How many CONTINUATION frames a header block may have (CVE-2024-28182); nghttp2's own guard and its default.
  public var maxContinuations = 8

  /// How many answers to SETTINGS and PING may wait for a peer that does not take them (CVE-2019-9512, CVE-2019-9515);
  /// nghttp2's own guard and its default.
  public var maxUntakenAnswers = 1_000

  /// How many times `HTTP2Settings.maxHeaderListBytes` a header block may be when it is decompressed. Beyond the limit
  /// itself only its call fails, with RESOURCE_EXHAUSTED; but each byte of a block may stand for kilobytes, and the
  /// state of HPACK allows to skip none.
  public var maxHeaderListFactor = 16

  public init() {}

  /// The defaults, but for what the closure sets.
  public init(_ configure: (inout FloodLimits) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }
}
