// The C functions that nghttp2 calls, and how they reach the session and its streams.
import CNGHTTP2
import FreshetHTTP
import FreshetText
import NIOCore

/// One table for all sessions: nghttp2 copies it into each session that it creates.
enum HTTP2Callbacks {
  // SAFETY: written once by its initializer; nghttp2 only reads it.
  nonisolated(unsafe) static let table: OpaquePointer? = makeTable()

  static func dataProvider(for stream: HTTPStream) -> nghttp2_data_provider {
    nghttp2_data_provider(
      source: nghttp2_data_source(ptr: Unmanaged.passUnretained(stream).toOpaque()), read_callback: readOutput)
  }

  private static func makeTable() -> OpaquePointer? {
    var made: OpaquePointer?
    nghttp2_session_callbacks_new(&made)
    guard let table = made else { return nil }
    nghttp2_session_callbacks_set_on_begin_frame_callback(table, beginFrame)
    nghttp2_session_callbacks_set_on_begin_headers_callback(table, beginHeaders)
    nghttp2_session_callbacks_set_on_header_callback2(table, receiveHeader)
    nghttp2_session_callbacks_set_on_frame_recv_callback(table, receiveFrame)
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(table, receiveInvalidFrame)
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, receiveData)
    nghttp2_session_callbacks_set_on_stream_close_callback(table, closeStream)
    nghttp2_session_callbacks_set_on_frame_send_callback(table, sentFrame)
    nghttp2_session_callbacks_set_on_frame_not_send_callback(table, didNotSendFrame)
    nghttp2_session_callbacks_set_data_source_read_length_callback(table, chooseFrameLength)
    nghttp2_session_callbacks_set_send_data_callback(table, writeData)
    nghttp2_session_callbacks_set_error_callback2(table, keepComplaint)
    return table
  }

  /// nghttp2 copies them into the session that is created with them.
  static func makeOptions(_ limits: FloodLimits) -> OpaquePointer? {
    var made: OpaquePointer?
    nghttp2_option_new(&made)
    guard let options = made else { return nil }
    nghttp2_option_set_no_auto_window_update(options, 1)
    nghttp2_option_set_no_closed_streams(options, 1)  // only used for priorities, which gRPC does not have
    // nghttp2's estimate of a block's size counts fewer than the 32 bytes per field of a header list.
    nghttp2_option_set_max_send_header_block_length(options, HTTP2Session.maxSentHeaderListBytes)
    // Whitespace around a value is trimmed by the reader, not rejected here (grpc-wire.md S8).
    nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(options, 1)
    nghttp2_option_set_stream_reset_rate_limit(options, UInt64(limits.resetBurst), UInt64(limits.resetsPerSecond))
    nghttp2_option_set_max_continuations(options, limits.maxContinuations)
    nghttp2_option_set_max_outbound_ack(options, limits.maxUntakenAnswers)
    return options
  }
}

private func session(_ userData: UnsafeMutableRawPointer?) -> HTTP2Session {
  guard let userData else { preconditionFailure("a callback of nghttp2 before its session was made") }
  return Unmanaged<HTTP2Session>.fromOpaque(userData).takeUnretainedValue()
}

/// The same for frequent callbacks: the session outlives the current call of nghttp2, so it need not be retained.
@inline(__always)
private func inSession<Result>(_ userData: UnsafeMutableRawPointer?, _ body: (HTTP2Session) -> Result) -> Result {
  guard let userData else { preconditionFailure("a callback of nghttp2 before its session was made") }
  return Unmanaged<HTTP2Session>.fromOpaque(userData)._withUnsafeGuaranteedRef(body)
}

private func stream(_ session: OpaquePointer?, _ id: Int32) -> HTTPStream? {
  guard let pointer = nghttp2_session_get_stream_user_data(session, id) else { return nil }
  return Unmanaged<HTTPStream>.fromOpaque(pointer).takeUnretainedValue()
}

private func has(_ flag: nghttp2_flag, _ header: nghttp2_frame_hd) -> Bool { UInt32(header.flags) & flag.rawValue != 0 }

// MARK: Receiving

/// Called for every frame that nghttp2 processes, including those that it then rejects; the session's `FrameCursor`
/// finds those that it skips.
private let beginFrame: nghttp2_on_begin_frame_callback = { _, header, userData in
  guard let header = header?.pointee else { return 0 }
  return inSession(userData) { beginFrame(header, $0) }
}

private func beginFrame(_ header: nghttp2_frame_hd, _ session: HTTP2Session) -> Int32 {
  let code = session.passFrame(header)
  if code != 0 { return code }
  if header.type == UInt8(NGHTTP2_CONTINUATION.rawValue) {
    session.state.awaitsContinuation = !has(NGHTTP2_FLAG_END_HEADERS, header)
    return session.receive(.continuations)
  }
  session.state.awaitsContinuation = false
  session.state.receivingHeadersOf = 0
  switch nghttp2_frame_type(UInt32(header.type)) {
  case NGHTTP2_DATA:
    session.state.windows.receiveFrame()
    return header.length == 0 && !has(NGHTTP2_FLAG_END_STREAM, header) ? session.receive(.emptyData) : 0
  case NGHTTP2_HEADERS:
    session.state.headerBlockCount += 1
    session.expectClaim(header)
    // Broken streams are counted when they are closed, outside `receive`.
    return session.state.floods.flood == nil ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
  case NGHTTP2_SETTINGS: return has(NGHTTP2_FLAG_ACK, header) ? 0 : session.receive(.settings)
  case NGHTTP2_PING: return session.receive(.pings)
  case NGHTTP2_RST_STREAM: return session.receive(.resets)
  case NGHTTP2_WINDOW_UPDATE: return session.receive(.windowUpdates)
  case NGHTTP2_PRIORITY: return session.receive(.priorities)
  case NGHTTP2_GOAWAY: return session.receive(.goaways)
  default: return 0
  }
}

private let beginHeaders: nghttp2_on_begin_headers_callback = { _, frame, userData in
  guard let frame else { return 0 }
  inSession(userData) { beginHeaders(frame.pointee.hd, frame.pointee.headers.cat, $0) }
  return 0
}

private func beginHeaders(_ header: nghttp2_frame_hd, _ category: nghttp2_headers_category, _ session: HTTP2Session) {
  session.state.unclaimedHeaders = 0
  session.state.sections.begin(isHead: category != NGHTTP2_HCAT_HEADERS)
  session.state.receivingHeadersOf = header.stream_id
  // Not earlier: nghttp2 does not report the CONTINUATION that ends an ignored block.
  session.state.awaitsContinuation = !has(NGHTTP2_FLAG_END_HEADERS, header)
  guard session.role == .server, category == NGHTTP2_HCAT_REQUEST, let delegate = session.delegate else { return }
  session.noteOpened(header.stream_id)
  session.state.peerStreamCount += 1
  let stream = delegate.receiveNewStream()
  stream.open(as: header.stream_id)
  nghttp2_session_set_stream_user_data(session.session, stream.id, Unmanaged.passUnretained(stream).toOpaque())
}

private let receiveHeader: nghttp2_on_header_callback2 = { _, _, name, value, flags, userData in
  guard let name, let value else { return 0 }
  if inSession(userData, { $0.state.sections.takeExpected(name, value) }) { return 0 }
  return inSession(userData) { receiveHeader(name, value, flags, $0) }
}

private func receiveHeader(
  _ name: OpaquePointer, _ value: OpaquePointer, _ flags: UInt8, _ session: HTTP2Session
) -> Int32 {
  switch session.state.sections.receive(name, value, flags: flags) {
  case .taken: return 0
  case .dropped(let listBytes):
    if listBytes <= session.maxHeaderListBytes * session.state.floods.limits.maxHeaderListFactor { return 0 }
    session.state.floods.end(.largeHeaders, "floods.maxHeaderListFactor")
    return session.receive(.largeHeaders)
  }
}

private let receiveFrame: nghttp2_on_frame_recv_callback = { raw, frame, userData in
  guard let frame else { return 0 }
  let header = frame.pointee.hd
  switch nghttp2_frame_type(UInt32(header.type)) {
  case NGHTTP2_HEADERS:
    inSession(userData) { receiveHeaders(header, $0) }
  case NGHTTP2_DATA:
    if has(NGHTTP2_FLAG_END_STREAM, header) {
      if let stream = stream(raw, header.stream_id) { receiveEndStream(stream) }
    } else if header.length > 0, header.length <= frame.pointee.data.padlen {
      return session(userData).receive(.emptyData)  // nothing but padding
    }
  case NGHTTP2_RST_STREAM:
    stream(raw, header.stream_id)?.noteEnd(.resetByPeer(ErrorCode(rawValue: frame.pointee.rst_stream.error_code)))
    inSession(userData) { $0.state.resets.resetByPeer(header.stream_id) }
  case NGHTTP2_SETTINGS:
    if !has(NGHTTP2_FLAG_ACK, header) { session(userData).delegate?.receiveSettings() }
  case NGHTTP2_PING:
    guard has(NGHTTP2_FLAG_ACK, header) else { return 0 }
    let payload = withUnsafeBytes(of: frame.pointee.ping.opaque_data) { $0.loadUnaligned(as: UInt64.self) }
    session(userData).receivePingAck(UInt64(bigEndian: payload))
  case NGHTTP2_GOAWAY:
    receiveGoaway(frame.pointee.goaway, session(userData))
  default:
    break
  }
  return 0
}

private func receiveHeaders(_ header: nghttp2_frame_hd, _ session: HTTP2Session) {
  session.state.receivingHeadersOf = 0
  let section = session.state.sections.end()
  defer { session.state.sections.releaseValueApart() }
  if section.isCostly { session.bearCost(of: section) }
  guard let stream = stream(session.session, header.stream_id) else { return }
  let endStream = has(NGHTTP2_FLAG_END_STREAM, header)
  stream.receiveHeaders(section, valueApart: session.state.sections.bytesApart, endStream: endStream)
  if endStream { receiveEndStream(stream) }
}

private let receiveInvalidFrame: nghttp2_on_invalid_frame_recv_callback = { _, frame, code, userData in
  guard let frame, frame.pointee.hd.type == UInt8(NGHTTP2_HEADERS.rawValue) else { return 0 }
  let session = session(userData)
  session.bearInvalidHeaders(frame.pointee.hd)
  session.state.receivingHeadersOf = 0
  session.state.awaitsContinuation = false  // the rest of the block is ignored
  // While the peer may not know the limit nghttp2 refuses the stream, afterwards it ends the connection.
  let isRefused =
    code == NGHTTP2_ERR_REFUSED_STREAM.rawValue
    || (code == NGHTTP2_ERR_PROTO.rawValue && frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
      && session.isFullOfStreams)
  return isRefused ? session.receive(.refusedStreams) : 0
}

private func receiveEndStream(_ stream: HTTPStream) {
  stream.noteEndReceived()
  stream.receiveEndStream()
}

private func receiveGoaway(_ frame: nghttp2_goaway, _ session: HTTP2Session) {
  session.receivedGoaway(lastStreamID: frame.last_stream_id, code: ErrorCode(rawValue: frame.error_code))
  let debugData = UnsafeRawBufferPointer(start: frame.opaque_data, count: frame.opaque_data_len)
  session.delegate?.receiveGoaway(
    lastStreamID: frame.last_stream_id, code: ErrorCode(rawValue: frame.error_code),
    debugData: printable(debugData))
}

private let receiveData: nghttp2_on_data_chunk_recv_callback = { raw, _, id, bytes, count, userData in
  inSession(userData) { $0.receiveData(count) }
  guard let stream = stream(raw, id) else { return 0 }
  stream.addUnread(count)
  stream.receiveData(UnsafeRawBufferPointer(start: bytes, count: count))
  return 0
}

private let closeStream: nghttp2_on_stream_close_callback = { _, id, code, userData in
  inSession(userData) { closeStream(id, ErrorCode(rawValue: code), $0) }
  return 0
}

private func closeStream(_ id: Int32, _ code: ErrorCode, _ session: HTTP2Session) {
  guard let stream = stream(session.session, id) else { return }
  session.giveBackWindow(of: stream)
  if session.role == .server { session.state.peerStreamCount -= 1 }
  if session.state.receivingHeadersOf == id { session.state.receivingHeadersOf = 0 }
  if code == .noError {
    stream.noteEnd(.ended)
  } else if session.isUnprocessed(id) {
    session.noteReset(id)
    stream.noteEnd(session.endOfUnprocessed)
  } else {
    // REFUSED_STREAM is caused by our GOAWAY, INTERNAL_ERROR stands for a frame of ours that could not be built.
    if !stream.isClosed, code != .refusedStream, code != .internalError { session.bear(.brokenStreams) }
    stream.noteEnd(.resetByUs(code))  // the peer broke a rule of this stream, and nghttp2 has reset it
  }
  if case .closed(let end) = stream.state { stream.receiveClose(end) }
}

private let keepComplaint: nghttp2_error_callback2 = { _, code, text, count, userData in
  // For a rejected header field nghttp2 quotes the value, which may be a password. That ends a stream; what ends the
  // connection later is unrelated.
  if code == NGHTTP2_ERR_HTTP_HEADER.rawValue { return 0 }
  session(userData).state.complaint = printable(UnsafeRawBufferPointer(start: text, count: count))
  return 0
}

// MARK: Sending

/// By itself nghttp2 makes no DATA frame above 16 KiB, though most peers accept larger ones.
private let chooseFrameLength: nghttp2_data_source_read_length_callback = {
  _, _, _, connectionWindow, streamWindow, maxFrameBytes, _ in
  min(Int(connectionWindow), Int(streamWindow), Int(maxFrameBytes), HTTP2Session.maxSentFrameBytes)
}

private let readOutput: nghttp2_data_source_read_callback = { _, _, _, maxBytes, flags, source, userData in
  guard let flags, let pointer = source?.pointee.ptr else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
  return Unmanaged<HTTPStream>.fromOpaque(pointer)._withUnsafeGuaranteedRef {
    readOutput($0, maxBytes, flags, userData)
  }
}

private func readOutput(
  _ stream: HTTPStream, _ maxBytes: Int, _ flags: UnsafeMutablePointer<UInt32>, _ userData: UnsafeMutableRawPointer?
) -> Int {
  flags.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
  switch stream.availableOutput(maxBytes: maxBytes) {
  case .nothing:
    return Int(NGHTTP2_ERR_DEFERRED.rawValue)
  case .bytes(let count):
    return count
  case .last(let count):
    flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
    return count
  case .lastThenTrailers(let count, let trailers):
    flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
    let code = session(userData).submitTrailers(stream, trailers)
    return code == 0 ? count : Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
  }
}

private let writeData: nghttp2_send_data_callback = { _, _, header, count, source, userData in
  guard let header, let pointer = source?.pointee.ptr else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
  return inSession(userData) { writeData(pointer, header, count, $0) }
}

private func writeData(
  _ pointer: UnsafeMutableRawPointer, _ header: UnsafePointer<UInt8>, _ count: Int, _ session: HTTP2Session
) -> Int32 {
  // The header has 9 bytes (RFC 9113 §4.1), and padding is never used.
  guard session.state.output.hasRoom(for: 9 + count) else { return NGHTTP2_ERR_WOULDBLOCK.rawValue }
  session.state.output.write(header, count: 9)
  if count > 0 {
    let memory = session.state.output.take(count)
    Unmanaged<HTTPStream>.fromOpaque(pointer)._withUnsafeGuaranteedRef { $0.writeOutput(count, to: memory) }
  }
  // Without this nghttp2 continues with further DATA frames before `writePending` can check.
  return session.state.output.isOverLimit ? NGHTTP2_ERR_PAUSE.rawValue : 0
}

private let sentFrame: nghttp2_on_frame_send_callback = { raw, frame, userData in
  guard let frame else { return 0 }
  let header = frame.pointee.hd
  switch nghttp2_frame_type(UInt32(header.type)) {
  case NGHTTP2_HEADERS, NGHTTP2_DATA:
    let role = inSession(userData) { session in
      session.state.floods.sendFrame()
      return session.role
    }
    guard has(NGHTTP2_FLAG_END_STREAM, header), let stream = stream(raw, header.stream_id) else { return 0 }
    stream.noteEndSent()
    // A server that has ended its side does not wait for the rest of the request (S12, RFC 9113 §8.1).
    if stream.state.isRemoteOpen, role == .server, !stream.outlivesAnswer {
      nghttp2_submit_rst_stream(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), header.stream_id, ErrorCode.noError.rawValue)
    }
  case NGHTTP2_RST_STREAM:
    inSession(userData) { $0.noteReset(header.stream_id) }
  case NGHTTP2_GOAWAY:
    let goaway = frame.pointee.goaway
    session(userData).sentGoaway(
      ErrorCode(rawValue: goaway.error_code),
      reason: UnsafeRawBufferPointer(start: goaway.opaque_data, count: goaway.opaque_data_len))
  default:
    break
  }
  return 0
}

private let didNotSendFrame: nghttp2_on_frame_not_send_callback = { raw, frame, code, userData in
  guard let frame, frame.pointee.hd.type == UInt8(NGHTTP2_HEADERS.rawValue) else { return 0 }
  // A request that was never sent; for a response, the stream was reset meanwhile, a race that HTTP/2 allows.
  let id = frame.pointee.hd.stream_id
  let session = session(userData)
  if session.role == .client {
    stream(raw, id)?.noteEnd(session.endOfUnsent(id))
  } else if code == NGHTTP2_ERR_FRAME_SIZE_ERROR.rawValue {
    // nghttp2 makes no block above `maxSentHeaderListBytes`, and leaves the stream open forever. Only trailers returned
    // by `OutputAvailability` were not checked before.
    nghttp2_submit_rst_stream(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, ErrorCode.internalError.rawValue)
  }
  return 0
}
