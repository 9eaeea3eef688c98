// The end of a session: GOAWAY in both directions, and its effect on streams.
import CNGHTTP2
public import FreshetHTTP
import FreshetText

extension HTTP2Session {
  /// The last stream opened by the client; below zero for none.
  public var lastClientStreamID: Int32 { state.lastPeerStreamID }

  /// Announces a shutdown, without yet naming the last stream (RFC 9113 §6.8), followed by a PING: its answer comes
  /// from a peer that has read the notice.
  public func submitShutdownNotice(thenPing payload: UInt64) {
    // nghttp2 sends no notice to a peer that has sent GOAWAY itself, and that peer will open no streams.
    if state.goaway != nil { return submitGoaway(.noError) }
    state.pingAfterGoaway = payload
    nghttp2_submit_shutdown_notice(session)
  }

  func receivedGoaway(lastStreamID: Int32, code: ErrorCode) { state.goaway = (lastStreamID, code) }

  /// Whether the peer's GOAWAY promises that it has not processed this stream and will not.
  func isUnprocessed(_ id: Int32) -> Bool { role == .client && id > state.goaway?.lastStreamID ?? .max }

  /// The end of an unprocessed stream.
  var endOfUnprocessed: StreamEnd { hasLeftOthersOver ? .leftOver : .unprocessed }
  /// The end of a request that was not sent.
  public func endOfUnsent(_ id: Int32) -> StreamEnd {
    // A GOAWAY that claims to have processed what was never sent is not reliable.
    hasLeftOthersOver && id > state.goaway?.lastStreamID ?? .max ? .leftOver : .unsent
  }

  /// A notice (2³¹−1) does not say whether anything was processed.
  private var hasLeftOthersOver: Bool {
    guard let goaway = state.goaway else { return false }
    return goaway.code == .noError && goaway.lastStreamID > 0 && goaway.lastStreamID < .max
  }

  /// A GOAWAY was sent.
  func sentGoaway(_ code: ErrorCode, reason: UnsafeRawBufferPointer) {
    if code != .noError, !state.isFailedByUs, state.violation == nil {
      state.violation = code
      // nghttp2 tells some of its reasons only to the peer.
      if state.complaint.isEmpty { state.complaint = printable(reason) }
    }
    // Only now, because nghttp2 sends a PING before all other pending frames.
    if let payload = state.pingAfterGoaway { sendPing(payload) }
    state.pingAfterGoaway = nil
  }

  /// Sends GOAWAY: streams opened so far continue, later ones are refused.
  /// - Parameter reason: for a person, at the other end.
  public func submitGoaway(_ code: ErrorCode, reason: String = "") {
    if code != .noError { state.isFailedByUs = true }
    let last = nghttp2_session_get_last_proc_stream_id(session)
    let text = Array(reason.utf8)
    nghttp2_submit_goaway(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, code.rawValue, text, text.count)
  }

  /// Sends GOAWAY and ends every stream.
  public func terminate(_ code: ErrorCode) {
    if code != .noError { state.isFailedByUs = true }
    nghttp2_session_terminate_session(session, code.rawValue)
  }

  public func sendPing(_ payload: UInt64) {
    withUnsafeBytes(of: payload.bigEndian) { bytes in
      _ = nghttp2_submit_ping(
        session, UInt8(NGHTTP2_FLAG_NONE.rawValue), bytes.bindMemory(to: UInt8.self).baseAddress)
    }
  }
}
