// An HTTP/2 session without I/O: received bytes in, events out; requests in, bytes to send out. The protocol is
// nghttp2's.
import CNGHTTP2
import FreshetText
public import NIOCore

/// One side of an HTTP/2 connection. Confined to one event loop; not Sendable.
///
/// Nothing is sent by itself: after any call, `writePending` yields what has to go to the peer. Window updates are sent
/// for bytes that were given back with `giveBack`, never on arrival.
public final class HTTP2Session {
  public enum Role: Sendable { case client, server }

  public let role: Role
  weak var delegate: (any HTTP2SessionDelegate)?
  /// The section that is being received; a connection has at most one at a time (RFC 9113 §4.3).
  var receivedFields = HeaderFields()
  var receivedFieldsAreTruncated = false
  /// The list size of what was dropped of it.
  var droppedFieldBytes = 0
  let maxHeaderListBytes: Int
  var floods: FloodGuard
  /// How many header blocks the peer has begun.
  public internal(set) var headerBlockCount = 0
  /// Whether the last frame that began leaves a header block open.
  var awaitsContinuation = false
  /// The stream whose header section is being received, 0 for none.
  var receivingHeadersOf: Int32 = 0
  /// The streams that the peer has opened and that are not closed.
  var peerStreamCount = 0
  private let maxConcurrentStreams: Int
  /// What the peer's latest GOAWAY says.
  private var goaway: (lastStreamID: Int32, code: ErrorCode)?
  /// nghttp2's latest complaint about the peer, for the message of the error that follows.
  var complaint = ""
  /// Set when nghttp2 has ended the session because the peer broke a rule; its GOAWAY carries the code.
  public internal(set) var violation: ErrorCode?
  /// This side has found an error of its own: what the GOAWAY says then is not the peer's fault.
  private var isFailedByUs = false
  private var pingAfterGoaway: UInt64?
  /// Requests that were given up while they waited for a place; told by the next `writePending`.
  private var dropped: [HTTP2Stream] = []
  /// Where DATA frames are written; moved in and out by `writePending`.
  var output = ByteBuffer()
  /// Where `writePending` wants to stop.
  private(set) var outputLimitBytes = 0
  private let session: OpaquePointer

  /// - Throws: `HTTP2Error.invalidSetting` when a setting or limit is out of its range.
  public init(
    role: Role, settings: HTTP2Settings, limits: FloodLimits = FloodLimits(), delegate: any HTTP2SessionDelegate
  ) throws(HTTP2Error) {
    try settings.validate()
    try limits.validate()
    self.role = role
    self.delegate = delegate
    maxHeaderListBytes = Int(settings.maxHeaderListBytes)
    maxConcurrentStreams = Int(settings.maxConcurrentStreams)
    floods = FloodGuard(limits)
    var made: OpaquePointer?
    let options = HTTP2Callbacks.makeOptions(limits)
    defer { nghttp2_option_del(options) }
    let code =
      switch role {
      case .client: nghttp2_session_client_new2(&made, HTTP2Callbacks.table, nil, options)
      case .server: nghttp2_session_server_new2(&made, HTTP2Callbacks.table, nil, options)
      }
    guard code == 0, let made else { throw HTTP2Error(.refused, "cannot make an HTTP/2 session: \(Self.text(code))") }
    session = made
    nghttp2_session_set_user_data(session, Unmanaged.passUnretained(self).toOpaque())
    try submit(settings)
  }

  deinit { nghttp2_session_del(session) }

  /// Ends the talk with the delegate, which may be in the midst of a callback; nothing is reported any more.
  public func detach() { delegate = nil }

  // MARK: Bytes in, bytes out

  /// Works through bytes that the peer sent.
  /// - Throws: `HTTP2Error` when the connection cannot go on. Pending output may hold a GOAWAY that tells the peer why.
  public func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTP2Error) {
    let count = nghttp2_session_mem_recv(session, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
    if count < 0 { throw failure(Int32(count), firstBytes: bytes) }
    if let error = peerViolation { throw error }
  }

  /// The error that stands for the rule that the peer broke, once its GOAWAY went out.
  public var peerViolation: HTTP2Error? {
    guard let violation else { return nil }
    if let (burden, setting) = floods.flood { return Self.flooded(by: burden, setting) }
    // How nghttp2 ends a session over its limit of resets; it says so nowhere else.
    if violation == .internalError, burdens[.resets] > floods.limits.resetBurst {
      return Self.flooded(by: .resets, "floods.resetBurst")
    }
    return HTTP2Error(.violation(violation), "the peer broke HTTP/2 (\(violation)): \(complaint)")
  }

  /// Appends frames to `buffer` until nothing is pending or `buffer` holds `limitBytes` or, by one frame, more.
  /// - Returns: whether everything pending was written.
  public func writePending(into buffer: inout ByteBuffer, limitBytes: Int) throws(HTTP2Error) -> Bool {
    tellDropped()
    swap(&output, &buffer)
    defer { swap(&output, &buffer) }
    outputLimitBytes = limitBytes
    while output.readableBytes < limitBytes {
      var bytes: UnsafePointer<UInt8>?
      let before = output.readableBytes
      let count = nghttp2_session_mem_send(session, &bytes)
      if count < 0 { throw failure(Int32(count), firstBytes: nil) }
      if count > 0 {
        output.writeBytes(UnsafeRawBufferPointer(start: bytes, count: count))
      } else if output.readableBytes == before {
        return true
      }
    }
    return false
  }

  /// Whether the session still expects frames, or has frames to send. Both false: the connection can be closed.
  public var isFinished: Bool {
    nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
  }

  // MARK: Streams

  /// How many streams the peer lets us have open at a time.
  public var maxPeerStreams: UInt32 {
    nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
  }

  /// The most that a header list of ours may have, whatever the peer takes: nghttp2, here and in many peers, breaks the
  /// connection at the ninth CONTINUATION frame, which hold 16 KiB each (CVE-2024-28182).
  static let maxSentHeaderListBytes = 128 * 1024

  /// The largest header list that can be sent: as large as the peer takes, if it has said so, and at most 128 KiB.
  public var maxPeerHeaderListBytes: Int {
    let announced = nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE)
    return min(Int(announced), Self.maxSentHeaderListBytes)
  }

  private func checkSize(_ fields: HeaderFields) throws(HTTP2Error) {
    let size = fields.listBytes, limit = role == .client ? maxPeerHeaderListBytes : Self.maxSentHeaderListBytes
    if size <= limit { return }
    throw HTTP2Error(
      .headersTooLarge, "\(size) bytes of headers exceed the \(limit) that the peer takes (its maxHeaderListBytes)")
  }

  /// Opens a stream with a request's head. Beyond `maxPeerStreams` the request would wait its turn here.
  /// - Throws: `outOfStreamIDs`, `headersTooLarge`, or `refused` when the session is closing.
  public func submitRequest(_ stream: HTTP2Stream, _ fields: HeaderFields) throws(HTTP2Error) {
    try checkSize(fields)
    let pointer = Unmanaged.passUnretained(stream).toOpaque()
    var provider = HTTP2Callbacks.dataProvider(for: stream)
    let id = withNameValues(fields) {
      nghttp2_submit_request(session, nil, $0.baseAddress, $0.count, &provider, pointer)
    }
    if id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE.rawValue {
      throw HTTP2Error(.outOfStreamIDs, "all stream identifiers of this connection are used up")
    }
    if id < 0 { throw HTTP2Error(.refused, "cannot open a stream: \(Self.text(id))") }
    stream.id = id
  }

  /// Leaves one stream identifier, for tests of what comes then.
  package func skipStreamIDs() { nghttp2_session_set_next_stream_id(session, .max) }

  /// Answers a stream: the final headers, then what the stream's output methods give; with `endStream` nothing more.
  /// - Throws: `headersTooLarge`; `refused` when the stream cannot be answered any more.
  public func submitResponse(_ stream: HTTP2Stream, _ fields: HeaderFields, endStream: Bool) throws(HTTP2Error) {
    try checkSize(fields)
    var provider = HTTP2Callbacks.dataProvider(for: stream)
    let code = withNameValues(fields) { values in
      withUnsafePointer(to: &provider) { provider in
        nghttp2_submit_response(session, stream.id, values.baseAddress, values.count, endStream ? nil : provider)
      }
    }
    if code != 0 { throw HTTP2Error(.refused, "cannot answer stream \(stream.id): \(Self.text(code))") }
  }

  /// Called by the output callback when a stream's last bytes are followed by trailers.
  func submitTrailers(_ stream: HTTP2Stream, _ fields: HeaderFields) -> Int32 {
    withNameValues(fields) { nghttp2_submit_trailer(session, stream.id, $0.baseAddress, $0.count) }
  }

  /// Ends a stream that was answered, with trailers and without asking it for more output; the peer's window does not
  /// matter, as it would for trailers that `OutputAvailability.lastThenTrailers` gives.
  /// - Throws: `headersTooLarge`; `refused` when the stream cannot be ended any more.
  public func sendTrailers(_ stream: HTTP2Stream, _ fields: HeaderFields) throws(HTTP2Error) {
    try checkSize(fields)
    let code = submitTrailers(stream, fields)
    if code != 0 { throw HTTP2Error(.refused, "cannot end stream \(stream.id): \(Self.text(code))") }
  }

  /// The stream has output again after `OutputAvailability.nothing`. Harmless when it was not waiting.
  public func resumeOutput(_ stream: HTTP2Stream) { nghttp2_session_resume_data(session, stream.id) }

  /// Sends RST_STREAM. The stream's `receiveClose` follows when the frame was written; for a request that still waits
  /// for its place, with the next `writePending`.
  public func reset(_ stream: HTTP2Stream, _ code: ErrorCode) {
    guard !stream.state.isClosed, stream.id != 0 else { return }
    dropQueued(stream, .resetByUs(code))
    if stream.state.isClosed { return }  // the peer does not know the stream, so a frame would be an error
    stream.state.close(.resetByUs(code))
    nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, code.rawValue)
  }

  /// Takes a request back that waits for its place; does nothing to one that was sent. nghttp2 keeps its head until a
  /// place becomes free, and must not know the stream then.
  public func dropQueued(_ stream: HTTP2Stream, _ end: StreamEnd) {
    guard role == .client, !stream.state.isClosed, isQueued(stream) else { return }
    stream.state.close(end)
    nghttp2_session_set_stream_user_data(session, stream.id, nil)
    // Marks the head as cancelled, so that no frame is made of it.
    nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, ErrorCode.cancel.rawValue)
    dropped.append(stream)
  }

  /// Whether a request waits for its place or for the next `writePending`, so that its peer knows nothing of it.
  public func isQueued(_ stream: HTTP2Stream) -> Bool {
    stream.id != 0 && nghttp2_session_find_stream(session, stream.id) == nil
  }

  private func tellDropped() {
    if dropped.isEmpty { return }
    let streams = dropped
    dropped = []
    for stream in streams {
      if case .closed(let end) = stream.state { stream.receiveClose(end) }
    }
  }

  /// Returns bytes of a stream to its window: its consumer has read them. A WINDOW_UPDATE goes out once half of the
  /// window can be returned.
  public func giveBack(_ bytes: Int, to stream: HTTP2Stream) {
    let returned = min(bytes, stream.unreadBytes)
    guard returned > 0 else { return }
    stream.unreadBytes -= returned
    nghttp2_session_consume_stream(session, stream.id, returned)
  }

  // MARK: The connection

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
  public func submitGoaway(_ code: ErrorCode) {
    if code != .noError { isFailedByUs = true }
    let last = nghttp2_session_get_last_proc_stream_id(session)
    nghttp2_submit_goaway(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, code.rawValue, nil, 0)
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

  // MARK: Floods

  /// What the peer has done so far that brings neither side on.
  public var burdens: BurdenCounts { floods.counts }

  /// Counts what the peer has done; what it does to the budget shows when the next bytes come.
  public func bear(_ burden: Burden) { _ = receive(burden) }

  /// - Returns: what a callback of nghttp2 gives back: anything but zero ends the session.
  func receive(_ burden: Burden) -> Int32 {
    switch floods.receive(burden, now: delegate?.now ?? .now()) {
    case .bear: return 0
    case .tell:
      delegate?.receiveBurden(burden)
      return 0
    case .end: return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
  }

  /// Whether a header block was begun and is not whole yet: until it is, the peer can say nothing else.
  public var isReceivingHeaders: Bool { awaitsContinuation || receivingHeadersOf != 0 }

  var isFullOfStreams: Bool { peerStreamCount >= maxConcurrentStreams }

  private static func flooded(by burden: Burden, _ setting: String) -> HTTP2Error {
    HTTP2Error(.flooded, "the peer sends more than it may (\(setting)), at last \(burden)")
  }

  // MARK: Helpers

  private func submit(_ settings: HTTP2Settings) throws(HTTP2Error) {
    var entries: [(nghttp2_settings_id, UInt32)] = [
      (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, settings.streamWindowBytes),
      (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, settings.maxHeaderListBytes),
      (NGHTTP2_SETTINGS_MAX_FRAME_SIZE, settings.maxFrameBytes),
    ]
    switch role {
    case .client: entries.append((NGHTTP2_SETTINGS_ENABLE_PUSH, 0))
    case .server: entries.append((NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, settings.maxConcurrentStreams))
    }
    let values = entries.map { nghttp2_settings_entry(settings_id: Int32($0.0.rawValue), value: $0.1) }
    var code = nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), values, values.count)
    if code == 0 {
      let window = Int32(clamping: settings.connectionWindowBytes)
      code = nghttp2_session_set_local_window_size(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, window)
    }
    if code != 0 { throw HTTP2Error(.refused, "HTTP/2 settings \(settings) were refused: \(Self.text(code))") }
  }

  /// Calls `body` with the fields as nghttp2 takes them; it copies names and values before it returns.
  private func withNameValues<Result>(
    _ fields: HeaderFields, _ body: (UnsafeBufferPointer<nghttp2_nv>) -> Result
  ) -> Result {
    fields.bytes.withUnsafeBufferPointer { bytes in
      withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: fields.count) { values in
        let base = UnsafeMutablePointer(mutating: bytes.baseAddress)  // nghttp2's type is not const, its use is
        var start = 0
        for (index, field) in fields.fields.enumerated() {
          let nameEnd = Int(field.nameEnd), valueEnd = Int(field.valueEnd)
          values.initializeElement(
            at: index,
            to: nghttp2_nv(
              name: base.map { $0 + start }, value: base.map { $0 + nameEnd },
              namelen: nameEnd - start, valuelen: valueEnd - nameEnd, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
          start = valueEnd
        }
        return body(UnsafeBufferPointer(values))
      }
    }
  }

  private func failure(_ code: Int32, firstBytes: UnsafeRawBufferPointer?) -> HTTP2Error {
    switch code {
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue:
      HTTP2Error(.badPreface, "expected the HTTP/2 connection preface, got \(BytesDescription.of(firstBytes))")
    case NGHTTP2_ERR_FLOODED.rawValue:
      calmed(
        HTTP2Error(
          .flooded,
          "the peer sends frames faster than it takes the answers to them (floods.maxUntakenAnswers)"))
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue:
      calmed(
        HTTP2Error(
          .flooded,
          "a header block has more CONTINUATION frames than the \(floods.limits.maxContinuations) that it may "
            + "(floods.maxContinuations)"))
    default:
      if let (burden, setting) = floods.flood {
        calmed(Self.flooded(by: burden, setting))
      } else {
        HTTP2Error(.refused, "nghttp2: \(Self.text(code)) \(complaint)")
      }
    }
  }

  /// Sees to it that the peer gets a GOAWAY that says why, which nghttp2 does not where it or a callback gives up.
  private func calmed(_ error: HTTP2Error) -> HTTP2Error {
    nghttp2_session_terminate_session(session, ErrorCode.enhanceYourCalm.rawValue)
    return error
  }

  static func text(_ code: Int32) -> String { String(cString: nghttp2_strerror(code)) }
}
