// An HTTP/2 session without I/O: received bytes in, events out; requests in, bytes to send out. nghttp2 implements the
// protocol.
import CNGHTTP2
import FreshetHTTP
public import NIOCore

/// One side of an HTTP/2 connection. Confined to one event loop; not Sendable.
///
/// It sends nothing by itself: after any call, `writePending` returns the bytes for the peer. Window updates are sent
/// for bytes returned with `giveBack`, never on arrival.
public final class HTTP2Session {
  public enum Role: Sendable { case client, server }

  struct State {
    /// A connection receives at most one section at a time (RFC 9113 §4.3).
    var sections: SectionReceiver
    var floods: FloodGuard
    /// How many header blocks the peer has begun.
    var headerBlockCount = 0
    /// Whether the last frame leaves a header block incomplete.
    var awaitsContinuation = false
    /// The stream whose header section is being received, 0 for none.
    var receivingHeadersOf: Int32 = 0
    /// The stream of HEADERS that nghttp2 was given and may ignore, 0 for none; and their size.
    var unclaimedHeaders: Int32 = 0
    var unclaimedBytes = 0
    var cursor: FrameCursor
    var resets = ResetStreams()
    /// The last stream opened by a client; initially such that the first one follows it.
    var lastPeerStreamID: Int32 = -1
    /// The streams that a client has skipped, as far as they are remembered.
    var skippedStreams: [ClosedRange<Int32>] = []
    /// The error for a frame on a stream that the peer had ended, or never opened.
    var lateness: HTTP2Error?
    /// The number of open streams opened by the peer.
    var peerStreamCount = 0
    var windows: WindowPolicy
    var windowBudget: ConnectionWindowBudget
    /// The peer's latest GOAWAY.
    var goaway: (lastStreamID: Int32, code: ErrorCode)?
    /// nghttp2's latest complaint about the peer that ends the connection, for the message of the resulting error.
    var complaint = ""
    /// Set when nghttp2 has ended the session because of the peer's violation; its GOAWAY carries the code.
    var violation: ErrorCode?
    /// This side has an error of its own: its GOAWAY is then not the peer's fault.
    var isFailedByUs = false
    var pingAfterGoaway: UInt64?
    /// Requests that were cancelled while queued; reported by the next `writePending`.
    var dropped: [HTTPStream] = []
    /// Where DATA frames are written while `writePending` runs.
    var output = OutputArea()

    init(_ role: Role, _ settings: HTTP2Settings, _ limits: FloodLimits, fieldApart: StaticString?) {
      sections = SectionReceiver(maxListBytes: Int(settings.maxHeaderListBytes), fieldApart: fieldApart)
      floods = FloodGuard(limits)
      cursor = FrameCursor(prefaceBytes: role == .server ? HTTP2Session.prefaceBytes : 0)
      windows = WindowPolicy(settings)
      windowBudget = ConnectionWindowBudget(limitBytes: Int(settings.windowBudgetBytes))
    }
  }

  public let role: Role
  /// Its owner, which calls `detach` at its end if the session may still be referenced elsewhere.
  unowned(unsafe) var delegate: (any HTTP2SessionDelegate)?
  @exclusivity(unchecked) var state: State
  let maxHeaderListBytes: Int
  let maxConcurrentStreams: Int
  static let maxSkippedRanges = 8
  let session: OpaquePointer
  /// nghttp2's memory; outlives `session`.
  private let memory: SessionMemory

  /// - Parameter fieldApart: the name of a field whose value differs from request to request, kept apart so that
  ///   sections are otherwise equal; see `HTTPStream.receiveHeaders`.
  /// - Throws: `HTTP2Error.invalidSetting` if a setting or limit is out of range.
  public init(
    role: Role, settings: HTTP2Settings, limits: FloodLimits = FloodLimits(), memory: SessionMemory = SessionMemory(),
    fieldApart: StaticString? = nil, delegate: any HTTP2SessionDelegate
  ) throws(HTTP2Error) {
    try settings.validate()
    try limits.validate()
    self.role = role
    self.delegate = delegate
    maxHeaderListBytes = Int(settings.maxHeaderListBytes)
    maxConcurrentStreams = Int(settings.maxConcurrentStreams)
    state = State(role, settings, limits, fieldApart: fieldApart)
    self.memory = memory
    var made: OpaquePointer?
    let options = HTTP2Callbacks.makeOptions(limits)
    defer { nghttp2_option_del(options) }
    let code =
      switch role {
      case .client: nghttp2_session_client_new3(&made, HTTP2Callbacks.table, nil, options, memory.allocator)
      case .server: nghttp2_session_server_new3(&made, HTTP2Callbacks.table, nil, options, memory.allocator)
      }
    guard code == 0, let made else { throw HTTP2Error(.refused, "cannot make an HTTP/2 session: \(Self.text(code))") }
    session = made
    nghttp2_session_set_user_data(session, Unmanaged.passUnretained(self).toOpaque())
    try submit(settings)
  }

  deinit {
    state.sections.release()
    state.windowBudget.giveBack(state.windowBudget.takenBytes)
    nghttp2_session_del(session)
  }

  /// How many header blocks the peer has begun.
  public var headerBlockCount: Int { state.headerBlockCount }

  /// Ends all calls to the delegate, possibly during a callback; nothing is reported any more.
  public func detach() { delegate = nil }

  /// The client's preface (RFC 9113 §3.4).
  private static let prefaceBytes = 24

  // MARK: Bytes in, bytes out

  /// Processes bytes from the peer.
  /// - Throws: `HTTP2Error` if the connection must end. Pending output may hold a GOAWAY that tells the peer why.
  public func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTP2Error) {
    state.cursor.begin(bytes)
    let count = nghttp2_session_mem_recv(session, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
    if count < 0 { throw failure(Int32(count), firstBytes: bytes) }
    try passLastFrames()
    if let error = peerViolation { throw error }
  }

  /// The error for the peer's violation, once its GOAWAY was sent.
  public var peerViolation: HTTP2Error? {
    guard let violation = state.violation else { return nil }
    if let (burden, setting) = state.floods.flood { return Self.flooded(by: burden, setting) }
    if let lateness = state.lateness { return lateness }
    // How nghttp2 ends a session over its limit of resets; it has no other indication.
    if violation == .internalError, burdens[.resets] > state.floods.limits.resetBurst {
      return Self.flooded(by: .resets, "floods.resetBurst")
    }
    return HTTP2Error(.violation(violation), "the peer broke HTTP/2 (\(violation)): \(state.complaint)")
  }

  /// Appends frames to `buffer` until nothing is pending or `buffer` holds `limitBytes`, exceeded by at most one frame.
  /// - Returns: whether everything pending was written.
  public func writePending(into buffer: inout ByteBuffer, limitBytes: Int) throws(HTTP2Error) -> Bool {
    tellDropped()
    var roomBytes = Self.firstRoomBytes
    while buffer.readableBytes < limitBytes {
      let limitBytes = limitBytes - buffer.readableBytes
      var outcome = WriteOutcome.allWritten
      buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: roomBytes) { memory in
        state.output = OutputArea(memory, limitBytes: limitBytes)
        defer { state.output = OutputArea() }
        outcome = writeFrames()
        return state.output.writtenBytes
      }
      switch outcome {
      case .allWritten: return true
      case .limitReached: return false
      case .needsRoom(let bytes): roomBytes = bytes
      case .left(let bytes): buffer.writeBytes(bytes)
      case .failed(let code): throw failure(code, firstBytes: nil)
      }
    }
    return false
  }

  /// Enough for what most turns write.
  private static let firstRoomBytes = 4096

  private enum WriteOutcome {
    case allWritten, limitReached
    /// A DATA frame needs this much room.
    case needsRoom(Int)
    /// Frames that nghttp2 has made, and that did not fit.
    case left(UnsafeRawBufferPointer)
    case failed(Int32)
  }

  private func writeFrames() -> WriteOutcome {
    while !state.output.isOverLimit {
      var bytes: UnsafePointer<UInt8>?
      let writtenBytes = state.output.writtenBytes
      let count = nghttp2_session_mem_send(session, &bytes)
      if count < 0 { return .failed(Int32(count)) }
      if let bytes, count > 0 {
        guard state.output.hasRoom(for: count) else { return .left(UnsafeRawBufferPointer(start: bytes, count: count)) }
        state.output.write(bytes, count: count)
      } else if state.output.refusedBytes > 0 {
        return .needsRoom(state.output.refusedBytes)
      } else if state.output.writtenBytes == writtenBytes {
        return .allWritten
      }
    }
    return .limitReached
  }

  /// Whether the session still expects frames, or has frames to send. Both false: the connection can be closed.
  public var isFinished: Bool {
    nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
  }

  /// Whether the peer's settings allow streams of other protocols by extended CONNECT (RFC 8441).
  package var peerEnablesConnectProtocol: Bool {
    nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1
  }

  /// Whether a flush would find nothing to do: the session expects frames, and has none to send and no end to report.
  public var isQuiet: Bool {
    state.dropped.isEmpty && nghttp2_session_want_write(session) == 0 && nghttp2_session_want_read(session) != 0
  }

  // MARK: Helpers

  private func submit(_ settings: HTTP2Settings) throws(HTTP2Error) {
    var entries: [(nghttp2_settings_id, UInt32)] = [
      (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, settings.maxHeaderListBytes),
      (NGHTTP2_SETTINGS_MAX_FRAME_SIZE, settings.maxFrameBytes),
    ]
    if let window = settings.streamWindowBytes { entries.append((NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window)) }
    switch role {
    case .client: entries.append((NGHTTP2_SETTINGS_ENABLE_PUSH, 0))
    case .server:
      entries.append((NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, settings.maxConcurrentStreams))
      if settings.enablesConnectProtocol { entries.append((NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1)) }
    }
    let values = entries.map { nghttp2_settings_entry(settings_id: Int32($0.0.rawValue), value: $0.1) }
    var code = nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), values, values.count)
    if code == 0 {
      let window = Int32(state.windows.connectionWindowBytes)
      code = nghttp2_session_set_local_window_size(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, window)
    }
    if code != 0 { throw HTTP2Error(.refused, "HTTP/2 settings \(settings) were refused: \(Self.text(code))") }
  }

  func failure(_ code: Int32, firstBytes: UnsafeRawBufferPointer?) -> HTTP2Error {
    switch code {
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue:
      BytesDescription.error(firstBytes)
    case NGHTTP2_ERR_FLOODED.rawValue:
      calmed(
        HTTP2Error(
          .flooded,
          "the peer sends frames faster than it reads the replies to them (floods.maxUntakenAnswers)"))
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue:
      calmed(
        HTTP2Error(
          .flooded,
          "a header block has more CONTINUATION frames than the \(state.floods.limits.maxContinuations) that it may "
            + "(floods.maxContinuations)"))
    default:
      if let (burden, setting) = state.floods.flood {
        calmed(Self.flooded(by: burden, setting))
      } else if let lateness = state.lateness {
        told(lateness)
      } else {
        HTTP2Error(.refused, "nghttp2: \(Self.text(code)) \(state.complaint)")
      }
    }
  }

  // Both make sure that the peer gets a GOAWAY with the reason, which nghttp2 does not send when it or a callback
  // fails.

  func calmed(_ error: HTTP2Error) -> HTTP2Error {
    nghttp2_session_terminate_session(session, ErrorCode.enhanceYourCalm.rawValue)
    return error
  }

  private func told(_ error: HTTP2Error) -> HTTP2Error {
    if case .violation(let code) = error.kind { nghttp2_session_terminate_session(session, code.rawValue) }
    return error
  }

  static func text(_ code: Int32) -> String { String(cString: nghttp2_strerror(code)) }
}
