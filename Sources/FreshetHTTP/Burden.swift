// What a peer may do that costs this side work and makes no progress.

/// Frames and requests that are harmless in small numbers. Each connection counts them, because in large numbers they
/// exhaust the side that processes them (RFC 9113 §10.5).
public enum Burden: Int, Sendable, CaseIterable {
  /// RST_STREAM frames: requests that the peer cancels (CVE-2023-44487).
  case resets
  /// PING frames, answers included (CVE-2019-9512).
  case pings
  /// SETTINGS frames, acknowledgements not included (CVE-2019-9515).
  case settings
  /// PRIORITY frames.
  case priorities
  /// DATA frames that carry nothing but padding and end no stream (CVE-2019-9518).
  case emptyData
  /// WINDOW_UPDATE frames.
  case windowUpdates
  /// CONTINUATION frames, except the one that exceeds the limit (CVE-2024-28182).
  case continuations
  /// GOAWAY frames.
  case goaways
  /// Requests beyond `maxConcurrentStreams`.
  case refusedStreams
  /// Streams that this side had to reset because the peer broke a rule (CVE-2025-8671).
  case brokenStreams
  /// Work for calls that the peer cancelled before it was done: one for each message that was decompressed, and for
  /// each 64 KiB of it.
  case wastedWork
  /// Header lists beyond `maxHeaderListBytes`.
  case largeHeaders
  /// Long header lists, and long blocks decoded only for HPACK's state: most get a field from each byte, so each byte
  /// costs more than any other.
  case heavyHeaders
  /// DATA and HEADERS frames of streams that are closed, or that this side is about to close. What was in flight when
  /// this side reset a stream is harmless, and free up to the stream's window.
  case lateFrames
  /// Interim responses (1xx).
  case interimResponses
  /// Header blocks that were not completed in time.
  case openHeaders
  /// Streams that ended with unsent bytes: usually because the peer did not open its window, but possibly because of a
  /// full socket or this turn's flush.
  case unreadStreams
  /// TLS messages other than data: key updates, or a server's tickets. Each makes this side derive keys.
  case keyUpdates
  /// Times the socket was full because the peer did not read.
  case fullSockets
}
