// The limits and windows that one side of an HTTP/2 connection announces.

/// What this side allows the peer (RFC 9113 §6.5.2), with defaults that suit streaming RPC.
public struct HTTP2Settings: Sendable, Hashable {
  /// How many streams the peer may have open at once; at least 1.
  public var maxConcurrentStreams: UInt32 = 1_000

  /// How many bytes of one stream the peer may send before they were read: the bound of a stream's inbound buffer.
  /// 512 KiB hold eight 64 KiB messages: half of them can be read while the peer learns of the room for more. With 256 KiB
  /// both sides waited for each other in turn, at two thirds of the speed; 1 to 2³¹ − 1.
  public var streamWindowBytes: UInt32 = 512 * 1024

  /// How many bytes may be on their way on the whole connection. They count as read on arrival, since each stream is
  /// bounded by its own window: one stream that nobody reads never stops the others. 1 to 2³¹ − 1.
  public var connectionWindowBytes: UInt32 = 4 * 1024 * 1024

  /// The largest header list that is taken, counted as name + value + 32 for each field; at least 1. Whatever this
  /// says, nghttp2 breaks the connection over a single name or value beyond 64 KiB, and over more than 144 KiB in all.
  public var maxHeaderListBytes: UInt32 = 16 * 1024

  /// The largest frame payload that is taken, 16,384 (the least that the RFC allows) to 16,777,215. Each frame costs both
  /// sides about as much as 10 KiB of its bytes.
  public var maxFrameBytes: UInt32 = 128 * 1024

  public init() {}
}
