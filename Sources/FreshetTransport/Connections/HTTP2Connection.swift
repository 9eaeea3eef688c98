// A connection that speaks HTTP/2.
public import FreshetHTTP
package import FreshetHTTP2
import FreshetTLS
public import NIOCore

/// Carries streams of an HTTP/2 session.
public final class HTTP2Connection: TransportConnection {
  struct HTTP2State {
    /// Borrowed by code that only records what is to be sent: the session cannot be released meanwhile.
    var session = Borrowable<HTTP2Session>(nil)
    var drain = Drain.serving
    var keepalive: Keepalive?
    var keepaliveTimer: Scheduled<Void>?
    var headerTimer: Scheduled<Void>?
    var idleWatch: IdleWatch?
    var idleTimer: Scheduled<Void>?
    fileprivate var drainTimer: Scheduled<Void>?
    /// Kept after the session is gone.
    fileprivate var lastBurdens: BurdenCounts?
  }

  let role: HTTP2Session.Role
  @exclusivity(unchecked) var http2 = HTTP2State()

  /// - Throws: if the HTTP/2 session cannot be created with the settings.
  package init(
    role: HTTP2Session.Role, executor: LoopExecutor, records: RecordLayer, configuration: ConnectionConfiguration,
    delegate: any ConnectionDelegate
  ) throws(HTTP2Error) {
    self.role = role
    super.init(executor: executor, records: records, configuration: configuration, delegate: delegate)
    let session = try HTTP2Session(
      role: role, settings: configuration.http2, limits: configuration.floods, memory: executor.sessionMemory,
      fieldApart: role == .server ? "grpc-timeout" : nil, delegate: self)
    http2.session = Borrowable(session)
  }

  var session: HTTP2Session? { http2.session.object }

  // MARK: From its owner

  public override var hasRoom: Bool {
    guard let session, case .ready = state.phase, !state.isGoingAway else { return false }
    return state.streams.count < session.maxPeerStreams
  }

  public override var burdens: BurdenCounts { session?.burdens ?? http2.lastBurdens ?? BurdenCounts() }

  public override func bear(_ burden: Burden, times: Int) {
    for _ in 0..<times { session?.bear(burden) }
  }

  public override func open(_ stream: TransportStream, _ fields: HeaderFields) throws(TransportError) {
    assert(executor.isCurrent)
    guard let session, state.phase.isReceiving else { throw TransportError(.noMoreStreams, "the connection is closed") }
    do throws(HTTP2Error) {
      try session.submitRequest(stream, fields, endStream: stream.isOnlyHead)
    } catch {
      throw TransportError(error)
    }
    add(stream)
    scheduleFlush()
  }

  func add(_ stream: TransportStream) {
    add(stream, keptWindowBytes: configuration.http2.firstStreamWindowBytes / 8)
  }

  public override func drainAndClose() {
    assert(executor.isCurrent)
    guard let session, case .sendNoticeAndPing = http2.drain.begin() else { return }
    if case .opening = state.phase { return close(TransportError(.closedByUs, "closed before the handshake was over")) }
    if case .securing = state.phase {
      return close(TransportError(.closedByUs, "closed before the handshake was over"))
    }
    switch role {
    case .server:
      session.submitShutdownNotice(thenPing: Drain.pingPayload)
      // A client that is gone, or does not answer the PING, is not waited for.
      http2.drainTimer = executor.schedule(in: configuration.flushTimeout) { [self] in receivePingAck(Drain.pingPayload)
      }
    case .client:
      // Only the client opens streams, so it needs no notice: GOAWAY, and the end comes with the last stream.
      session.submitGoaway(.noError)
    }
    scheduleFlush()
  }

  /// Lets tests exhaust the stream identifiers.
  func skipStreamIDs() { session?.skipStreamIDs() }

  // MARK: From its streams

  public override var maxPeerHeaderListBytes: Int { session?.maxPeerHeaderListBytes ?? .max }

  public override func submitResponse(_ stream: TransportStream, _ fields: HeaderFields, endStream: Bool) {
    assert(executor.isCurrent)
    let isSubmitted = http2.session.borrowed?._withUnsafeGuaranteedRef { session in
      do throws(HTTP2Error) {
        try session.submitResponse(stream, fields, endStream: endStream)
        return true
      } catch {
        return false
      }
    }
    if isSubmitted == false { session?.reset(stream, .internalError) }
    scheduleFlush()
  }

  public override func sendTrailers(_ stream: TransportStream, _ fields: HeaderFields) {
    assert(executor.isCurrent)
    do throws(HTTP2Error) {
      try session?.sendTrailers(stream, fields)
    } catch {
      session?.reset(stream, .internalError)
    }
    scheduleFlush()
  }

  public override func resumeOutput(_ stream: TransportStream) {
    assert(executor.isCurrent)
    http2.session.borrowed?._withUnsafeGuaranteedRef { $0.resumeOutput(stream) }
    scheduleFlush()
  }

  public override func reset(_ stream: TransportStream, _ code: ErrorCode) {
    assert(executor.isCurrent)
    session?.reset(stream, code)
    scheduleFlush()
  }

  public override func giveBack(_ bytes: Int, to stream: TransportStream) {
    assert(executor.isCurrent)
    guard let session else { return }
    if session.giveBack(bytes, to: stream) { stream.loopState.keptWindowBytes = session.windowBytes(of: stream) / 8 }
    flushIfNeeded()
  }

  /// Not more than half of a window is kept from the peer once it was read.
  public override func holdsBack(_ stream: TransportStream) -> Bool {
    guard let session else { return false }
    return stream.unreadBytes >= session.windowBytes(of: stream) / 2
  }

  public override func leaveUnread(_ stream: TransportStream) { session?.bear(.unreadStreams) }

  // MARK: From its socket

  public override var awaitedGreeting: String { "HTTP/2 SETTINGS" }

  public override func heardOfPeer() { http2.keepalive?.heard(now: executor.loop.now) }

  public override func receive(_ bytes: UnsafeRawBufferPointer) throws {
    if role == .client, case .opening = state.phase, records.isPlain, let error = foreignGreeting(bytes) { throw error }
    try session?.receive(bytes)
  }

  /// A server's first bytes may tell more than that they are not SETTINGS.
  private func foreignGreeting(_ bytes: UnsafeRawBufferPointer) -> TransportError? {
    ForeignGreeting.description(of: bytes).map { TransportError(.http2, $0) }
  }

  public override func receivedSideMessages(_ count: Int) throws { try session?.bear(.keyUpdates, times: count) }

  public override func receivedAll() {
    if http2.headerTimer != nil || session?.isReceivingHeaders == true { watchHeaders() }
  }

  public override func makeOutput(into buffer: inout ByteBuffer, limitBytes: Int) throws -> Bool {
    try session?.writePending(into: &buffer, limitBytes: limitBytes) ?? true
  }

  public override var takesExtendedConnect: Bool { session?.peerEnablesConnectProtocol == true }

  public override var isQuiet: Bool { session?.isQuiet == true }

  public override var isFinished: Bool { session?.isFinished == true }

  public override var violation: TransportError? { session?.peerViolation.map { TransportError($0) } }

  // MARK: The end

  public override func sayLastWord() { session?.terminate(.noError) }

  public override func abandon(_ stream: TransportStream) -> StreamEnd {
    let end = end(of: stream)
    session?.dropQueued(stream, end)  // the session may live on for its last bytes, and must not know the stream then
    return end
  }

  /// The end of a stream that is still in the table of a closing connection.
  private func end(of stream: TransportStream) -> StreamEnd {
    switch stream.state {
    case .closed(let end) where end.isUnseen: end
    case .open where role == .client && session?.isQueued(stream) == true: session?.endOfUnsent(stream.id) ?? .unsent
    case .open, .halfClosedLocal, .halfClosedRemote, .closed: .connectionLost
    }
  }

  public override func detach() {
    for timer in [http2.keepaliveTimer, http2.headerTimer, http2.idleTimer, http2.drainTimer] { timer?.cancel() }
    http2.lastBurdens = burdens
    session?.detach()  // callers further up the stack still hold it
    http2.session = Borrowable(nil)
  }
}
