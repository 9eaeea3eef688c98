// The limits and windows that one side of an HTTP/2 connection announces.

/// What this side allows the peer (RFC 9113 §6.5.2), with defaults that suit streaming RPC.
public struct HTTP2Settings: Sendable, Hashable {
  /// How many streams the peer may have open at once; at least 1.
  public var maxConcurrentStreams: UInt32 = 1_000

  /// How many unread bytes of one stream the peer may send: the bound of a stream's inbound buffer.
  ///
  /// By default, nil, it starts at 64 KiB (65,535 bytes, the protocol's default). It grows up to 16 MiB as far as the
  /// connection's round trip and bandwidth need more, if its reader keeps up, `windowBudgetBytes` allows it, and the
  /// peer's frames are not small: proxies abort connections with too many. A number, 1 to 2³¹ − 1, is fixed, and
  /// nothing is measured then.
  public var streamWindowBytes: UInt32?

  /// How many bytes may be in flight on the whole connection. They count as read on arrival, since each stream is
  /// bounded by its own window: a stream that is not read never stalls the others.
  ///
  /// By default, nil, it grows with the windows of the streams; if those are fixed it is 4 MiB, or as large as one of
  /// them. A number, 1 to 2³¹ − 1, is fixed.
  public var connectionWindowBytes: UInt32?

  /// How far the windows of all streams of a connection may grow together, beyond the initial 64 KiB of each. One
  /// stream takes half of what the others have left; all connections of the process have 256 MiB. 0, no growth, to 2³¹
  /// − 1.
  public var windowBudgetBytes: UInt32 = 32 * 1024 * 1024

  /// The largest accepted header list, counted as name + value + 32 for each field; at least 1. Independently of this,
  /// nghttp2 aborts the connection over a single name or value beyond 64 KiB, and over more than 144 KiB in all.
  public var maxHeaderListBytes: UInt32 = 16 * 1024

  /// The largest accepted frame payload, 16,384 (the RFC's minimum) to 16,777,215. Each frame costs both sides about as
  /// much as 10 KiB of its bytes.
  public var maxFrameBytes: UInt32 = 128 * 1024

  /// Whether clients may open streams of other protocols by extended CONNECT (RFC 8441, web.md W79).
  package var enablesConnectProtocol = false

  public init() {}

  /// The defaults, modified by the closure.
  public init(_ configure: (inout HTTP2Settings) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }
}
