// What a session tells its connection, beyond what concerns one stream.
public import FreshetHTTP
public import NIOCore

/// The owner of an `HTTP2Session`. Called while the session works through received bytes.
public protocol HTTP2SessionDelegate: AnyObject {
  /// The peer opens a stream (servers only). The delegate retains the stream until its `receiveClose`.
  func receiveNewStream() -> HTTPStream

  /// The clock that the session's budgets go by.
  var now: NIODeadline { get }

  /// The peer does for the first time what a peer that behaves does not do at all, or has spent half of the budget for
  /// frames that bring nothing; each of the two is told at most once for each burden.
  func receiveBurden(_ burden: Burden)

  /// The peer's SETTINGS arrived: from then on the connection counts as ready.
  func receiveSettings()

  /// The peer will take no new stream; those above `lastStreamID` were not processed and are closed as such. Of
  /// `debugData` the first 256 bytes are told, as one printable line.
  func receiveGoaway(lastStreamID: Int32, code: ErrorCode, debugData: String)

  /// The answer to `HTTP2Session.sendPing` with the same payload.
  func receivePingAck(_ payload: UInt64)
}
