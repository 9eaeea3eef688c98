// A session's streams: sending requests and responses, and ending them.
import CNGHTTP2
public import FreshetHTTP

extension HTTP2Session {
  /// How many streams the peer allows to be open at a time.
  public var maxPeerStreams: UInt32 {
    nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
  }

  /// The largest header list that is sent, whatever the peer accepts: nghttp2, here and in many peers, aborts the
  /// connection at the ninth CONTINUATION frame of 16 KiB (CVE-2024-28182).
  static let maxSentHeaderListBytes = 128 * 1024

  /// The largest header list that can be sent: the peer's limit, if it has announced one, and at most 128 KiB.
  public var maxPeerHeaderListBytes: Int {
    let announced = nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE)
    return min(Int(announced), Self.maxSentHeaderListBytes)
  }

  /// The largest DATA frame that is sent: the streams of a connection take turns frame by frame, and nghttp2 keeps a
  /// buffer of a frame's size.
  static let maxSentFrameBytes = 128 * 1024

  private func checkSize(_ fields: HeaderFields) throws(HTTP2Error) {
    let size = fields.listBytes, limit = role == .client ? maxPeerHeaderListBytes : Self.maxSentHeaderListBytes
    if size <= limit { return }
    throw HTTP2Error(
      .headersTooLarge, "\(size) bytes of headers exceed the \(limit) that the peer accepts (its maxHeaderListBytes)")
  }

  /// Opens a stream with a request's head. Beyond `maxPeerStreams` the request would be queued here.
  /// - Parameter endStream: whether the head is the whole request.
  /// - Throws: `outOfStreamIDs`, `headersTooLarge`, or `refused` when the session is closing.
  public func submitRequest(
    _ stream: HTTPStream, _ fields: HeaderFields, endStream: Bool = false
  ) throws(HTTP2Error) {
    try checkSize(fields)
    let pointer = Unmanaged.passUnretained(stream).toOpaque()
    var provider = HTTP2Callbacks.dataProvider(for: stream)
    let id = fields.withNameValues { values in
      endStream
        ? nghttp2_submit_request(session, nil, values.baseAddress, values.count, nil, pointer)
        : nghttp2_submit_request(session, nil, values.baseAddress, values.count, &provider, pointer)
    }
    if id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE.rawValue {
      throw HTTP2Error(.outOfStreamIDs, "all stream identifiers of this connection are used up")
    }
    if id < 0 { throw HTTP2Error(.refused, "cannot open a stream: \(Self.text(id))") }
    stream.open(as: id)
  }

  /// Leaves one stream identifier, for tests of running out.
  package func skipStreamIDs() { nghttp2_session_set_next_stream_id(session, .max) }

  /// Answers a stream: the final headers, then the output of the stream's methods; with `endStream` nothing more.
  /// - Throws: `headersTooLarge`; `refused` when the stream cannot be answered any more.
  public func submitResponse(_ stream: HTTPStream, _ fields: HeaderFields, endStream: Bool) throws(HTTP2Error) {
    try checkSize(fields)
    let session = session, id = stream.id
    var provider = HTTP2Callbacks.dataProvider(for: stream)
    let code = fields.withNameValues { values in
      endStream
        ? nghttp2_submit_response(session, id, values.baseAddress, values.count, nil)
        : nghttp2_submit_response(session, id, values.baseAddress, values.count, &provider)
    }
    if code != 0 { throw HTTP2Error(.refused, "cannot answer stream \(id): \(Self.text(code))") }
  }

  /// Called by the output callback when a stream's last bytes are followed by trailers.
  func submitTrailers(_ stream: HTTPStream, _ fields: HeaderFields) -> Int32 {
    let session = session, id = stream.id
    return fields.withNameValues { nghttp2_submit_trailer(session, id, $0.baseAddress, $0.count) }
  }

  /// Ends an answered stream with trailers and without asking it for more output; independent of the peer's window,
  /// unlike trailers returned as `OutputAvailability.lastThenTrailers`.
  /// - Throws: `headersTooLarge`; `refused` when the stream cannot be ended any more.
  public func sendTrailers(_ stream: HTTPStream, _ fields: HeaderFields) throws(HTTP2Error) {
    try checkSize(fields)
    let code = submitTrailers(stream, fields)
    if code != 0 { throw HTTP2Error(.refused, "cannot end stream \(stream.id): \(Self.text(code))") }
  }

  /// The stream has output again after `OutputAvailability.nothing`. No effect if it was not waiting.
  public func resumeOutput(_ stream: HTTPStream) { nghttp2_session_resume_data(session, stream.id) }

  /// Sends RST_STREAM. The stream's `receiveClose` follows when the frame is written; for a queued request, with the
  /// next `writePending`.
  public func reset(_ stream: HTTPStream, _ code: ErrorCode) {
    guard !stream.isClosed, stream.id != 0 else { return }
    dropQueued(stream, .resetByUs(code))
    if stream.isClosed { return }  // the peer does not know the stream, so a frame would be an error
    stream.noteEnd(.resetByUs(code))
    nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, code.rawValue)
  }

  /// Withdraws a queued request; does nothing if it was sent. nghttp2 keeps its head until a stream becomes free, and
  /// must not know the stream then.
  public func dropQueued(_ stream: HTTPStream, _ end: StreamEnd) {
    guard role == .client, !stream.isClosed, isQueued(stream) else { return }
    stream.noteEnd(end)
    nghttp2_session_set_stream_user_data(session, stream.id, nil)
    // Marks the head as cancelled, so that no frame is made from it.
    nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, ErrorCode.cancel.rawValue)
    state.dropped.append(stream)
  }

  /// Whether a request is queued, or waits for the next `writePending`, so that the peer does not know it.
  public func isQueued(_ stream: HTTPStream) -> Bool {
    stream.id != 0 && nghttp2_session_find_stream(session, stream.id) == nil
  }

  func tellDropped() {
    if state.dropped.isEmpty { return }
    let streams = state.dropped
    state.dropped = []
    for stream in streams {
      if case .closed(let end) = stream.state { stream.receiveClose(end) }
    }
  }
}
