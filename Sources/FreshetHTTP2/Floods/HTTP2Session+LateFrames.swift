// Handles frames of closed streams, which nghttp2 ignores (RFC 9113 §5.1).
import CNGHTTP2
import FreshetHTTP

/// nghttp2 is told to forget closed streams, so it ignores their HEADERS and DATA, except for HPACK and the
/// connection's window. After a reset by this side more may arrive, since the peer did not know: they are counted, and
/// cost what exceeds the stream's window. After the peer's own end they are an error.
extension HTTP2Session {
  // MARK: Skipped frames

  /// nghttp2 reports a frame.
  /// - Returns: the callback's result: anything but zero ends the session.
  @inline(__always)
  func passFrame(_ header: nghttp2_frame_hd) -> Int32 {
    if state.unclaimedHeaders == 0, state.cursor.pass(header) { return 0 }
    return passSkippedFrames(before: header)
  }

  private func passSkippedFrames(before header: nghttp2_frame_hd) -> Int32 {
    var code = receiveUnclaimedHeaders()
    while code == 0, let skipped = state.cursor.skipped(before: header) { code = receiveSkipped(skipped) }
    return code
  }

  /// nghttp2 has processed all bytes of a read.
  /// - Throws: the error of the last frames.
  func passLastFrames() throws(HTTP2Error) {
    defer { state.cursor.end() }
    if state.cursor.isAtEnd, state.unclaimedHeaders == 0 { return }
    var code: Int32 = 0
    while code == 0, let skipped = state.cursor.skipped() {
      // The next frame has begun, so nghttp2 has finished the previous block.
      code = receiveUnclaimedHeaders()
      if code == 0 { code = receiveSkipped(skipped) }
    }
    if code == 0, state.unclaimedHeaders != 0, isSurelyLate(state.unclaimedHeaders) { code = receiveUnclaimedHeaders() }
    if code != 0 { throw failure(code, firstBytes: nil) }
  }

  private func receiveSkipped(_ frame: FrameCursor.Header) -> Int32 {
    switch nghttp2_frame_type(UInt32(frame.type)) {
    case NGHTTP2_DATA: receiveLateData(frame)
    case NGHTTP2_CONTINUATION: receive(.continuations, tokens: Self.tokens(ofIgnoredBytes: frame.payloadBytes))
    default: 0  // of an unknown type, or the session is over
    }
  }

  // MARK: HEADERS

  /// HEADERS have begun, and nghttp2 may ignore them.
  func expectClaim(_ header: nghttp2_frame_hd) {
    state.unclaimedHeaders = header.stream_id
    state.unclaimedBytes = header.length
  }

  /// Whether nghttp2 certainly ignores HEADERS, even though it may not have enough of them to know.
  private func isSurelyLate(_ id: Int32) -> Bool {
    nghttp2_session_get_stream_user_data(session, id) == nil && (role == .client || id <= state.lastPeerStreamID)
  }

  /// nghttp2 has finished HEADERS without reporting them.
  private func receiveUnclaimedHeaders() -> Int32 {
    let id = state.unclaimedHeaders
    if id == 0 { return 0 }
    state.unclaimedHeaders = 0
    if role == .server, id > state.lastPeerStreamID {
      // Opened after our GOAWAY, legitimately if the peer has not read it.
      state.lastPeerStreamID = id
      state.resets.resetByUs(id, roomBytes: firstStreamWindowBytes)
    } else if nghttp2_session_get_stream_user_data(session, id) != nil {
      noteReset(id)  // its RST_STREAM is pending
    }
    let code = receive(.lateFrames, tokens: Self.tokens(ofIgnoredBytes: state.unclaimedBytes))
    return code == 0 ? judge(id, state.resets.trace(of: id), isHeaders: true) : code
  }

  // MARK: DATA

  private func receiveLateData(_ frame: FrameCursor.Header) -> Int32 {
    let id = frame.streamID
    // For a stream that was never opened, nghttp2 itself reports an error.
    if id == 0 || id > lastOpenedStreamID { return 0 }
    if nghttp2_session_get_stream_user_data(session, id) != nil { noteReset(id) }
    let trace = state.resets.trace(of: id)
    let isEmpty = frame.payloadBytes == 0 && !frame.isEndStream
    if state.resets.takeRoom(id, frame.payloadBytes), !isEmpty {
      state.floods.note(.lateFrames)
      if frame.isEndStream { state.resets.end(id) }
      return 0
    }
    let code = receive(.lateFrames)
    return code == 0 ? judge(id, trace, isHeaders: false) : code
  }

  private var lastOpenedStreamID: Int32 {
    role == .server ? state.lastPeerStreamID : Int32(clamping: nghttp2_session_get_next_stream_id(session)) - 1
  }

  // MARK: Classification

  private func judge(_ id: Int32, _ trace: ResetStreams.Trace, isHeaders: Bool) -> Int32 {
    switch trace {
    case .byUs, .forgotten: return 0  // a race that HTTP/2 allows
    case .byPeer:
      state.resets.answer(id)
      nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, ErrorCode.streamClosed.rawValue)
      return receive(.brokenStreams)
    case .ended, .none:
      let wasSkipped = isHeaders && state.skippedStreams.contains { $0.contains(id) }
      state.lateness =
        wasSkipped
        ? HTTP2Error(.violation(.protocolError), "the peer opened stream \(id) after stream \(state.lastPeerStreamID)")
        : HTTP2Error(
          .violation(.streamClosed),
          "the peer sent \(isHeaders ? "HEADERS" : "DATA") on stream \(id), which it had ended")
      return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
  }

  // MARK: Bookkeeping

  /// The peer has opened a stream, permitted or not.
  @inline(__always)
  func noteOpened(_ id: Int32) {
    if id != state.lastPeerStreamID &+ 2 { noteSkipped(upTo: id) }
    state.lastPeerStreamID = id
  }

  /// A client that skips identifiers may not use them later (RFC 9113 §5.1.1).
  private func noteSkipped(upTo id: Int32) {
    guard role == .server, id > state.lastPeerStreamID + 2 else { return }
    if state.skippedStreams.count == Self.maxSkippedRanges { state.skippedStreams.removeFirst() }
    state.skippedStreams.append(state.lastPeerStreamID + 1...id - 1)
  }

  /// This side resets a stream that the peer may not have ended.
  func noteReset(_ id: Int32) {
    if nghttp2_session_get_stream_remote_close(session, id) == 1 { return }
    let room = nghttp2_session_get_stream_local_window_size(session, id)
    state.resets.resetByUs(id, roomBytes: room < 0 ? firstStreamWindowBytes : room)
  }

  private var firstStreamWindowBytes: Int32 {
    Int32(clamping: nghttp2_session_get_local_settings(session, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE))
  }
}
