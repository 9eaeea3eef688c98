// Events of a session that do not concern a single stream.
public import FreshetHTTP
public import NIOCore

/// The owner of an `HTTP2Session`. Called while the session processes received bytes.
public protocol HTTP2SessionDelegate: AnyObject {
  /// The peer opens a stream (servers only). The delegate retains the stream until its `receiveClose`.
  func receiveNewStream() -> HTTPStream

  /// The clock of the session's budgets.
  var now: NIODeadline { get }

  /// The peer does something for the first time that a well-behaved peer never does, or has spent half of the budget
  /// for frames that carry nothing; each is reported at most once per burden.
  func receiveBurden(_ burden: Burden)

  /// The peer's SETTINGS arrived: from then on the connection counts as ready.
  func receiveSettings()

  /// The peer takes no new streams; those above `lastStreamID` were not processed and are closed as such. The first 256
  /// bytes of `debugData` are passed, as one printable line.
  func receiveGoaway(lastStreamID: Int32, code: ErrorCode, debugData: String)

  /// The answer to `HTTP2Session.sendPing` with the same payload.
  func receivePingAck(_ payload: UInt64)
}
