// A session's part for its end: GOAWAY in both directions, and what it means for streams.
import CNGHTTP2
public import FreshetHTTP
import FreshetText

extension HTTP2Session {
  /// The last stream that the client has opened; below zero for none.
  public var lastClientStreamID: Int32 { lastPeerStreamID }

  /// Announces that no new streams are welcome, without yet saying which the last one is (RFC 9113 §6.8), and sends a
  /// PING behind it: its answer comes from a peer that has read the notice.
  public func submitShutdownNotice(thenPing payload: UInt64) {
    // nghttp2 gives no notice to a peer that has said GOAWAY itself, and that peer means to open no streams.
    if goaway != nil { return submitGoaway(.noError) }
    pingAfterGoaway = payload
    nghttp2_submit_shutdown_notice(session)
  }

  func receivedGoaway(lastStreamID: Int32, code: ErrorCode) { goaway = (lastStreamID, code) }

  /// Whether the peer's GOAWAY promises that it has not looked at this stream and will not.
  func isUnprocessed(_ id: Int32) -> Bool { role == .client && id > goaway?.lastStreamID ?? .max }

  /// The end of a stream that is not processed.
  var endOfUnprocessed: StreamEnd { hasLeftOthersOver ? .leftOver : .unprocessed }
  /// The end of a request that did not leave.
  public func endOfUnsent(_ id: Int32) -> StreamEnd {
    // A GOAWAY that claims to have taken what never left is no word to rely on.
    hasLeftOthersOver && id > goaway?.lastStreamID ?? .max ? .leftOver : .unsent
  }

  /// A notice (2³¹−1) does not say whether anything was taken.
  private var hasLeftOthersOver: Bool {
    guard let goaway else { return false }
    return goaway.code == .noError && goaway.lastStreamID > 0 && goaway.lastStreamID < .max
  }

  /// A GOAWAY went out.
  func sentGoaway(_ code: ErrorCode, reason: UnsafeRawBufferPointer) {
    if code != .noError, !isFailedByUs, violation == nil {
      violation = code
      if complaint.isEmpty { complaint = printable(reason) }  // nghttp2 tells some of its reasons to the peer alone
    }
    // Only now, because nghttp2 sends a PING before every other frame that waits.
    if let payload = pingAfterGoaway { sendPing(payload) }
    pingAfterGoaway = nil
  }

  /// Sends GOAWAY: streams that were opened so far run on, later ones are refused.
  /// - Parameter reason: for a person, at the other end.
  public func submitGoaway(_ code: ErrorCode, reason: String = "") {
    if code != .noError { isFailedByUs = true }
    let last = nghttp2_session_get_last_proc_stream_id(session)
    let text = Array(reason.utf8)
    nghttp2_submit_goaway(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, code.rawValue, text, text.count)
  }

  /// Sends GOAWAY and ends every stream.
  public func terminate(_ code: ErrorCode) {
    if code != .noError { isFailedByUs = true }
    nghttp2_session_terminate_session(session, code.rawValue)
  }

  public func sendPing(_ payload: UInt64) {
    withUnsafeBytes(of: payload.bigEndian) { bytes in
      _ = nghttp2_submit_ping(
        session, UInt8(NGHTTP2_FLAG_NONE.rawValue), bytes.bindMemory(to: UInt8.self).baseAddress)
    }
  }
}
