// What a peer may do that costs this side work and brings neither side on.

/// Frames and requests that are harmless in small numbers. Each connection counts them, because in large numbers they
/// wear out the side that works through them (RFC 9113 §10.5).
public enum Burden: Int, Sendable, CaseIterable {
  /// RST_STREAM frames: the peer asked for something and gave it up (CVE-2023-44487).
  case resets
  /// PING frames, answers included (CVE-2019-9512).
  case pings
  /// SETTINGS frames, acknowledgements not included (CVE-2019-9515).
  case settings
  /// PRIORITY frames.
  case priorities
  /// DATA frames that carry nothing, padding apart, and end no stream (CVE-2019-9518).
  case emptyData
  /// WINDOW_UPDATE frames.
  case windowUpdates
  /// CONTINUATION frames, but for the one that is too much (CVE-2024-28182).
  case continuations
  /// GOAWAY frames.
  case goaways
  /// Requests beyond `maxConcurrentStreams`.
  case refusedStreams
  /// Streams that this side had to reset because the peer broke a rule of theirs (CVE-2025-8671).
  case brokenStreams
  /// Work for calls that the peer gave up before it was done: one for each message that was decompressed, and for each 64
  /// KiB of it.
  case wastedWork
  /// Header lists beyond `maxHeaderListBytes`.
  case largeHeaders
  /// Header lists that are long, and long blocks that are decoded for HPACK's sake alone: most take a field from each
  /// byte, so that a byte costs more than any other.
  case heavyHeaders
  /// DATA and HEADERS frames of streams that are closed, or that this side is about to close. What was on its way when
  /// this side reset a stream is harmless, and free as far as the stream's window allowed it.
  case lateFrames
  /// Interim responses (1xx).
  case interimResponses
  /// Header blocks that were begun and not ended in time.
  case openHeaders
  /// Streams that ended while bytes waited to be sent: mostly for a window that the peer did not open, but also for a
  /// full socket or for this turn's flush.
  case unreadStreams
  /// TLS messages beside data: key updates, or a server's tickets. Each has keys derived.
  case keyUpdates
  /// Times that the socket took no more, because the peer did not read.
  case fullSockets
}
