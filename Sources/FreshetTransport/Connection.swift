// A socket, perhaps a TLS session, and an HTTP/2 session: one connection with its streams.
public import FreshetHTTP
public import FreshetHTTP2
public import FreshetTLS
public import NIOCore

/// The last handler of a NIO channel. Confined to its event loop; not Sendable.
public final class Connection: ChannelInboundHandler {
  public typealias InboundIn = ByteBuffer
  public typealias OutboundOut = ByteBuffer

  public let executor: LoopExecutor
  /// The peer's address in gRPC's notation: `ipv4:127.0.0.1:50051`, `unix:/run/x.sock`.
  @exclusivity(unchecked) public private(set) var peer = "unknown"
  @exclusivity(unchecked) var delegate: (any ConnectionDelegate)?
  @exclusivity(unchecked) var session: HTTP2Session? {
    didSet { borrowedSession = session.map { Unmanaged.passUnretained($0) } }
  }
  /// As `session`, not retained, for what only notes down what is to be sent: the session cannot go meanwhile. Retains and
  /// releases are a quarter of a unary call's time.
  @exclusivity(unchecked) private(set) var borrowedSession: Unmanaged<HTTP2Session>?
  let records: RecordLayer
  @exclusivity(unchecked) var state: ConnectionState
  @exclusivity(unchecked) var drain = Drain.serving
  @exclusivity(unchecked) var context: ChannelHandlerContext?
  @exclusivity(unchecked) var streams: [TransportStream] = []
  @exclusivity(unchecked) private var isFlushScheduled = false
  @exclusivity(unchecked) var timeout: Scheduled<Void>?
  @exclusivity(unchecked) var keepalive: Keepalive?
  @exclusivity(unchecked) var keepaliveTimer: Scheduled<Void>?
  @exclusivity(unchecked) var headerTimer: Scheduled<Void>?
  @exclusivity(unchecked) var writeTimer: Scheduled<Void>?
  @exclusivity(unchecked) var windowTimer: Scheduled<Void>?
  /// Kept when the session is gone.
  @exclusivity(unchecked) private var lastBurdens: BurdenCounts?
  @exclusivity(unchecked) var isGoingAway = false
  /// What the peer's calls have to be done, in line.
  public let work = WorkQueue()
  @exclusivity(unchecked) var memory = Memory()
  @exclusivity(unchecked) var idleWatch: IdleWatch?
  @exclusivity(unchecked) var idleTimer: Scheduled<Void>?
  @exclusivity(unchecked) var drainTimer: Scheduled<Void>?
  @exclusivity(unchecked) var handshakeWait = HandshakeWait.none
  let configuration: ConnectionConfiguration

  /// How many bytes one flush makes before it asks whether the socket still takes more.
  private static let flushBytes = 256 * 1024

  /// - Throws: when the HTTP/2 session cannot be made from the settings.
  public init(
    role: HTTP2Session.Role, executor: LoopExecutor, tls: TLSSession?, configuration: ConnectionConfiguration,
    delegate: any ConnectionDelegate
  ) throws(HTTP2Error) {
    self.executor = executor
    records = RecordLayer(tls)
    self.delegate = delegate
    self.configuration = configuration
    state = tls == nil ? .opening : .securing
    let session = try HTTP2Session(
      role: role, settings: configuration.http2, limits: configuration.floods, memory: executor.sessionMemory,
      fieldApart: role == .server ? "grpc-timeout" : nil, delegate: self)
    self.session = session
    borrowedSession = Unmanaged.passUnretained(session)
  }

  public var streamCount: Int { streams.count }

  /// Whether the peer lets us open one more stream now (grpc-wire.md C14).
  public var hasRoom: Bool {
    guard let session, case .ready = state, !isGoingAway else { return false }
    return streams.count < session.maxPeerStreams
  }

  /// What the peer has done so far that brings neither side on; also after the end.
  public var burdens: BurdenCounts { session?.burdens ?? lastBurdens ?? BurdenCounts() }

  /// The client certificate that the peer has proved to own (DER), if TLS asked for one.
  public var peerCertificateDER: [UInt8]? { records.peerCertificateDER }

  // MARK: The socket

  public func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    peer = PeerAddress.text(of: context.channel.remoteAddress)
    if context.channel.isActive { start() }
  }

  public func channelActive(context: ChannelHandlerContext) {
    peer = PeerAddress.text(of: context.channel.remoteAddress)
    start()
  }

  private func start() {
    guard timeout == nil, let delegate else { return }
    executor.connectionOpened()
    let limit = configuration.handshakeTimeout
    timeout = executor.schedule(in: limit) { [self] in
      close(TransportError(.handshakeTimeout, "no HTTP/2 SETTINGS came within \(limit) (handshakeTimeout)"))
    }
    do {
      try records.start()
      delegate.connectionOpened(self)
      scheduleFlush()
    } catch {
      close(TransportError(error))
    }
  }

  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    executor.forgetTime()
    keepalive?.heard(now: executor.loop.now)
    executor.catchUp()  // the peer may have seen, and answered, what was handed over behind what it had seen before
    var bytes = unwrapInboundIn(data)
    if records.isHandshaking, linesUp(&bytes) { return }
    receive(&bytes)
  }

  func receive(_ bytes: inout ByteBuffer) {
    guard state.isReceiving, let session else { return }
    do {
      guard records.isPlain else { return try receive(records: &bytes, session) }
      if case .opening = state, let error = foreignGreeting(bytes) { return fail(error) }
      try bytes.readWithUnsafeReadableBytes { pointer in
        try receive(pointer, session)
        return pointer.count
      }
    } catch {
      fail(TransportError(error))
    }
  }

  private func receive(_ bytes: UnsafeRawBufferPointer, _ session: HTTP2Session) throws(HTTP2Error) {
    executor.isInSession = true
    defer { executor.isInSession = false }
    try session.receive(bytes)
  }

  /// The first bytes of a server may say more than that they are no SETTINGS.
  private func foreignGreeting(_ bytes: ByteBuffer) -> TransportError? {
    guard session?.role == .client else { return nil }
    return ForeignGreeting.description(of: bytes.readableBytesView).map { TransportError(.http2, $0) }
  }

  private func receive(records bytes: inout ByteBuffer, _ session: HTTP2Session) throws {
    var plaintext = ByteBuffer()
    swap(&plaintext, &executor.plaintext)
    defer {
      plaintext.clear()
      swap(&plaintext, &executor.plaintext)
    }
    let aside = try records.receive(&bytes, into: &plaintext)
    if !records.isHandshaking { state.tlsOpened() }
    if aside.sideMessages > 0 { try session.bear(.keyUpdates, times: aside.sideMessages) }
    try plaintext.withUnsafeReadableBytes { pointer in
      if !pointer.isEmpty { try receive(pointer, session) }
    }
    if aside.isEnd { throw TransportError(.closedByPeer, "\(peer) closed the TLS session") }
  }

  public func channelReadComplete(context: ChannelHandlerContext) {
    if headerTimer != nil || session?.isReceivingHeaders == true { watchHeaders() }
    reportMemory()
    flushIfNeeded()
  }

  public func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { return scheduleFlush() }
    session?.bear(.fullSockets)
    if writeTimer == nil { watchWrites() }
  }

  public func errorCaught(context: ChannelHandlerContext, error: any Error) { lose(TransportError(error)) }

  public func channelInactive(context: ChannelHandlerContext) {
    if !waitsToEnd() { endOfPeer() }
  }

  func endOfPeer() {
    let isHandshaking = records.isHandshaking
    do {
      try records.receiveEnd()
    } catch {
      // Many peers end an idle connection without close_notify, which does no harm.
      let isHarmless = streams.isEmpty && !isHandshaking
      if !isHarmless && !state.isClosed { return close(TransportError(error)) }
    }
    lose(TransportError(.closedByPeer, "\(peer) closed the connection"))
  }

  /// The socket has ended. What came in place of SETTINGS says more; nghttp2 tells of it once its GOAWAY was made.
  private func lose(_ error: TransportError) {
    guard case .opening = state, let context, let session else { return close(error) }
    try? writePending(session, context)
    close(session.peerViolation.map { TransportError($0) } ?? error)
  }

  public func handlerRemoved(context: ChannelHandlerContext) {
    close(TransportError(.closedByPeer, "the connection with \(peer) was taken down"))
    self.context = nil
  }

  // MARK: Output

  func scheduleFlush() {
    if isFlushScheduled { return }
    isFlushScheduled = true
    executor.scheduleFlush(self)
  }

  /// Schedules a flush after what seldom leaves anything to be sent.
  func flushIfNeeded() {
    if records.isPlain, session?.isQuiet == true { return }
    scheduleFlush()
  }

  /// Writes what is pending, as far as the socket takes it; called once a turn by the executor.
  func flush() {
    isFlushScheduled = false
    // A finished session has nothing to say, and nghttp2 may still know streams that are gone.
    guard let context, let session, state.isReceiving else { return }
    do {
      try writePending(session, context)
    } catch {
      close(TransportError(error))
      return
    }
    reportMemory()
    watchWindows()
    if session.isFinished { finish(session) }
  }

  private func writePending(_ session: HTTP2Session, _ context: ChannelHandlerContext) throws {
    if records.isHandshaking { return records.flush(to: context) }
    var isDone = false
    // A write that fails closes the connection right here, and its streams are gone then; NIO may still say “writable”.
    while !isDone, state.isReceiving, context.channel.isWritable {
      var buffer = ByteBuffer()
      swap(&buffer, &executor.scratch)
      buffer.clear()
      defer { swap(&buffer, &executor.scratch) }
      executor.isInSession = true
      defer { executor.isInSession = false }
      isDone = try session.writePending(into: &buffer, limitBytes: Self.flushBytes)
      if buffer.readableBytes > 0 { try records.write(buffer, to: context) }
    }
    if !state.isClosed { records.flush(to: context) }
  }

  // MARK: The end

  /// The session has said all: flush, say so to the peer, and give it a moment to read before the socket goes. Closing
  /// at once while unread bytes are there would make TCP reset the connection and lose what was sent last.
  private func finish(_ session: HTTP2Session) {
    let error =
      session.peerViolation.map { TransportError($0) } ?? TransportError(.closedByUs, "the connection was closed")
    records.close()
    flushAndClose(error, isPeerAtFault: session.peerViolation != nil)
  }

  private func flushAndClose(_ error: TransportError, isPeerAtFault: Bool) {
    guard let context else { return close(error) }
    guard case .closeAfterFlush = state.finish(error) else { return }
    goAway(error)
    closeStreams(error)
    records.flush(to: context)
    let promise = executor.loop.makePromise(of: Void.self)
    let loopBound = NIOLoopBound(self, eventLoop: executor.loop)
    promise.futureResult.whenComplete { _ in loopBound.value.linger(error) }
    // A peer that broke a rule has no claim to its last bytes for longer; any other peer gets what a slow link may need.
    closeLater(error, after: isPeerAtFault ? configuration.lingerTimeout : configuration.flushTimeout)
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
  }

  /// All was given to the socket: says so to the peer, and waits for its end.
  private func linger(_ error: TransportError) {
    guard case .flushing = state else { return }
    context?.close(mode: .output, promise: nil)
    closeLater(error, after: configuration.lingerTimeout)
  }

  private func closeLater(_ error: TransportError, after time: Duration) {
    timeout?.cancel()
    timeout = executor.schedule(in: time) { [self] in close(error) }
  }

  /// A broken handshake or session: pending output tells the peer why, as far as it can be told.
  func fail(_ error: TransportError) {
    if let context, let session { try? writePending(session, context) }
    flushAndClose(error, isPeerAtFault: true)
  }

  /// Tells the owner, once, that no new stream is taken.
  func goAway(_ error: TransportError) {
    if isGoingAway { return }
    isGoingAway = true
    delegate?.connectionIsGoingAway(self, error)
  }

  /// Closes the socket at once; streams end as lost.
  public func close(_ error: TransportError) {
    guard case .tell(let error) = state.close(error) else { return }
    for timer in [timeout, keepaliveTimer, headerTimer, writeTimer, windowTimer, idleTimer, drainTimer] {
      timer?.cancel()
    }
    if timeout != nil { executor.connectionClosed() }
    handshakeWait = .none
    closeStreams(error)
    forgetMemory()
    lastBurdens = burdens
    session?.detach()  // callers further up the stack still hold it
    session = nil
    let delegate = self.delegate
    self.delegate = nil
    context?.close(promise: nil)
    delegate?.connectionClosed(self, error)
  }

  private func closeStreams(_ error: TransportError) {
    while let stream = streams.last {
      let end = end(of: stream)
      session?.dropQueued(stream, end)  // the session may live on for its last bytes, and must not know the stream then
      stream.noteEnd(end)
      stream.close(end, connectionError: error)
    }
  }

  /// What the end of the connection means for a stream that is still in its table.
  private func end(of stream: TransportStream) -> StreamEnd {
    switch stream.state {
    case .closed(let end) where end.isUnseen: end
    case .open where session?.role == .client && session?.isQueued(stream) == true:
      session?.endOfUnsent(stream.id) ?? .unsent
    case .open, .halfClosedLocal, .halfClosedRemote, .closed: .connectionLost
    }
  }

  /// Refuses new streams, lets running ones end, then closes; `close` cuts it short.
  public func drainAndClose() {
    guard let session, case .sendNoticeAndPing = drain.begin() else { return }
    if case .opening = state { return close(TransportError(.closedByUs, "closed before the handshake was over")) }
    if case .securing = state { return close(TransportError(.closedByUs, "closed before the handshake was over")) }
    switch session.role {
    case .server:
      session.submitShutdownNotice(thenPing: Drain.pingPayload)
      // A client that is gone, or takes no PING for an answer, is not waited for.
      drainTimer = executor.schedule(in: configuration.flushTimeout) { [self] in receivePingAck(Drain.pingPayload) }
    case .client:
      // Only the client opens streams, so it needs no notice: GOAWAY, and the end comes with the last stream.
      session.submitGoaway(.noError)
    }
    scheduleFlush()
  }

  /// Closes once what is pending, the streams' last answers included, was written; streams that are still open then end
  /// as lost.
  public func closeSoon() {
    // A peer that has stopped reading must not keep the server from its end.
    let error = TransportError(.closedByUs, "the peer did not take the last bytes")
    defer { if !state.isClosed { closeLater(error, after: configuration.lingerTimeout) } }
    guard let session, state.isReceiving else { return }
    flush()
    session.terminate(.noError)
    scheduleFlush()
  }
}
