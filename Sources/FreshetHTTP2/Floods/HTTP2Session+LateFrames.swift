// A session's part for frames of streams that are closed, which nghttp2 ignores (RFC 9113 §5.1).
import CNGHTTP2
import FreshetHTTP

/// nghttp2 is told to forget streams that are closed, so it ignores their HEADERS and DATA, but for HPACK and the
/// connection's window. What this side has reset may get more of them, since the peer did not know: they are counted, and
/// cost what the stream's window did not allow. After the peer's own end they are an error.
extension HTTP2Session {
  // MARK: What nghttp2 passes over

  /// nghttp2 shows a frame.
  /// - Returns: what the callback gives back: anything but zero ends the session.
  @inline(__always)
  func passFrame(_ header: nghttp2_frame_hd) -> Int32 {
    if unclaimedHeaders == 0, cursor.pass(header) { return 0 }
    return passSkippedFrames(before: header)
  }

  private func passSkippedFrames(before header: nghttp2_frame_hd) -> Int32 {
    var code = receiveUnclaimedHeaders()
    while code == 0, let skipped = cursor.skipped(before: header) { code = receiveSkipped(skipped) }
    return code
  }

  /// nghttp2 has seen all bytes of a read.
  /// - Throws: what the last of them were.
  func passLastFrames() throws(HTTP2Error) {
    defer { cursor.end() }
    if cursor.isAtEnd, unclaimedHeaders == 0 { return }
    var code: Int32 = 0
    while code == 0, let skipped = cursor.skipped() {
      // The next frame has begun, so nghttp2 is done with the block before it.
      code = receiveUnclaimedHeaders()
      if code == 0 { code = receiveSkipped(skipped) }
    }
    if code == 0, unclaimedHeaders != 0, isSurelyLate(unclaimedHeaders) { code = receiveUnclaimedHeaders() }
    if code != 0 { throw failure(code, firstBytes: nil) }
  }

  private func receiveSkipped(_ frame: FrameCursor.Header) -> Int32 {
    switch nghttp2_frame_type(UInt32(frame.type)) {
    case NGHTTP2_DATA: receiveLateData(frame)
    case NGHTTP2_CONTINUATION: receive(.continuations, tokens: Self.tokens(ofIgnoredBytes: frame.payloadBytes))
    default: 0  // of a type that is not ours, or the session is over
    }
  }

  // MARK: HEADERS

  /// HEADERS began, and nghttp2 may ignore them.
  func expectClaim(_ header: nghttp2_frame_hd) {
    unclaimedHeaders = header.stream_id
    unclaimedBytes = header.length
  }

  /// Whether nghttp2 ignores HEADERS of which it has perhaps not all that it needs to know this.
  private func isSurelyLate(_ id: Int32) -> Bool {
    nghttp2_session_get_stream_user_data(session, id) == nil && (role == .client || id <= lastPeerStreamID)
  }

  /// nghttp2 is done with HEADERS, and has not shown them.
  private func receiveUnclaimedHeaders() -> Int32 {
    let id = unclaimedHeaders
    if id == 0 { return 0 }
    unclaimedHeaders = 0
    if role == .server, id > lastPeerStreamID {
      // Opened after our GOAWAY, as a peer may that has not read it.
      lastPeerStreamID = id
      resets.resetByUs(id, roomBytes: firstStreamWindowBytes)
    } else if nghttp2_session_get_stream_user_data(session, id) != nil {
      noteReset(id)  // its RST_STREAM waits to be sent
    }
    let code = receive(.lateFrames, tokens: Self.tokens(ofIgnoredBytes: unclaimedBytes))
    return code == 0 ? judge(id, resets.trace(of: id), isHeaders: true) : code
  }

  // MARK: DATA

  private func receiveLateData(_ frame: FrameCursor.Header) -> Int32 {
    let id = frame.streamID
    // A stream that was never opened is an error that nghttp2 has found by itself.
    if id == 0 || id > lastOpenedStreamID { return 0 }
    if nghttp2_session_get_stream_user_data(session, id) != nil { noteReset(id) }
    let trace = resets.trace(of: id)
    let isEmpty = frame.payloadBytes == 0 && !frame.isEndStream
    if resets.takeRoom(id, frame.payloadBytes), !isEmpty {
      floods.note(.lateFrames)
      if frame.isEndStream { resets.end(id) }
      return 0
    }
    let code = receive(.lateFrames)
    return code == 0 ? judge(id, trace, isHeaders: false) : code
  }

  private var lastOpenedStreamID: Int32 {
    role == .server ? lastPeerStreamID : Int32(clamping: nghttp2_session_get_next_stream_id(session)) - 1
  }

  // MARK: What they are

  private func judge(_ id: Int32, _ trace: ResetStreams.Trace, isHeaders: Bool) -> Int32 {
    switch trace {
    case .byUs, .forgotten: return 0  // a race that HTTP/2 allows
    case .byPeer:
      resets.answer(id)
      nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, ErrorCode.streamClosed.rawValue)
      return receive(.brokenStreams)
    case .ended, .none:
      let wasSkipped = isHeaders && skippedStreams.contains { $0.contains(id) }
      lateness =
        wasSkipped
        ? HTTP2Error(.violation(.protocolError), "the peer opened stream \(id) after stream \(lastPeerStreamID)")
        : HTTP2Error(
          .violation(.streamClosed),
          "the peer sent \(isHeaders ? "HEADERS" : "DATA") on stream \(id), which it had ended")
      return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
  }

  // MARK: Bookkeeping

  /// The peer has opened a stream, whether or not it may.
  @inline(__always)
  func noteOpened(_ id: Int32) {
    if id != lastPeerStreamID &+ 2 { noteSkipped(upTo: id) }
    lastPeerStreamID = id
  }

  /// A client that skips identifiers may not use them later (RFC 9113 §5.1.1).
  private func noteSkipped(upTo id: Int32) {
    guard role == .server, id > lastPeerStreamID + 2 else { return }
    if skippedStreams.count == Self.maxSkippedRanges { skippedStreams.removeFirst() }
    skippedStreams.append(lastPeerStreamID + 1...id - 1)
  }

  /// This side resets a stream, and the peer may not have ended it.
  func noteReset(_ id: Int32) {
    if nghttp2_session_get_stream_remote_close(session, id) == 1 { return }
    let room = nghttp2_session_get_stream_local_window_size(session, id)
    resets.resetByUs(id, roomBytes: room < 0 ? firstStreamWindowBytes : room)
  }

  private var firstStreamWindowBytes: Int32 {
    Int32(clamping: nghttp2_session_get_local_settings(session, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE))
  }
}
