// A socket with its records: carries streams, whatever the version of HTTP.
public import FreshetHTTP
import FreshetTLS
public import NIOCore

/// The last handler of a NIO channel: reads and writes the socket, and implements how a connection begins and ends.
/// Subclasses are the carriers, which interpret the bytes. Confined to its event loop; not Sendable.
open class TransportConnection: ChannelInboundHandler {
  public typealias InboundIn = ByteBuffer
  public typealias InboundOut = ByteBuffer
  public typealias OutboundOut = ByteBuffer

  struct State {
    var peer = "unknown"
    var delegate: (any ConnectionDelegate)?
    var phase: ConnectionState
    var context: ChannelHandlerContext?
    var streams: [TransportStream] = []
    var isFlushScheduled = false
    var timeout: Scheduled<Void>?
    var writeTimer: Scheduled<Void>?
    var windowTimer: Scheduled<Void>?
    var isGoingAway = false
    var readPauses: ReadPauses = []
    var memory = Memory()
    var handshakeWait = HandshakeWait.none
  }

  public final let executor: LoopExecutor
  final let records: RecordLayer
  final let configuration: ConnectionConfiguration
  /// The peer's calls that are ready to run.
  public final let work = WorkQueue()
  @exclusivity(unchecked) final var state: State

  /// How many bytes one flush produces before it checks that the socket is still writable.
  private static let flushBytes = 256 * 1024

  /// - Parameter records: new, or used by another connection up to the end of the handshake.
  package init(
    executor: LoopExecutor, records: RecordLayer, configuration: ConnectionConfiguration,
    delegate: any ConnectionDelegate
  ) {
    self.executor = executor
    self.records = records
    self.configuration = configuration
    state = State(delegate: delegate, phase: records.isHandshaking ? .securing : .opening)
  }

  /// The peer's address in gRPC's notation: `ipv4:127.0.0.1:50051`, `unix:/run/x.sock`.
  public final var peer: String { state.peer }

  public final var streamCount: Int { state.streams.count }

  /// The verified client certificate (DER), if TLS requested one.
  public final var peerCertificateDER: [UInt8]? { records.peerCertificateDER }

  // MARK: Carriers

  // Called by streams, where nothing but a direct method call is affordable.

  /// The largest header list that the peer accepts.
  open var maxPeerHeaderListBytes: Int { .max }

  /// Sends the final response headers on a stream; with `endStream` nothing follows.
  open func submitResponse(_ stream: TransportStream, _ fields: HeaderFields, endStream: Bool) { carrierIsMissing() }

  /// The stream has output again.
  open func resumeOutput(_ stream: TransportStream) { carrierIsMissing() }

  /// Ends an answered stream, without asking it for more output.
  open func sendTrailers(_ stream: TransportStream, _ fields: HeaderFields) { carrierIsMissing() }

  /// Resets a stream.
  open func reset(_ stream: TransportStream, _ code: ErrorCode) { carrierIsMissing() }

  /// This many bytes of a stream were read: the peer may send as many.
  open func giveBack(_ bytes: Int, to stream: TransportStream) { carrierIsMissing() }

  /// Whether the peer may have to wait until bytes of the stream are read, so that its silence says nothing.
  open func holdsBack(_ stream: TransportStream) -> Bool { false }

  /// A stream ends with unsent bytes for which the peer had opened no window.
  open func leaveUnread(_ stream: TransportStream) {}

  // Called by its owner.

  /// Opens a stream with a request's head (clients only).
  open func open(_ stream: TransportStream, _ fields: HeaderFields) throws(TransportError) { carrierIsMissing() }

  /// Whether the peer allows this side to open another stream now (grpc-wire.md C14).
  open var hasRoom: Bool { false }

  /// Whether the peer takes streams of other protocols by extended CONNECT (RFC 8441; clients only).
  open var takesExtendedConnect: Bool { false }

  /// How many connections like this one may serve an address at a time; 1 where one carries many streams (clients only).
  open var poolLimit: Int { 1 }

  /// Refuses new streams, lets running ones finish, then closes; `close` cuts it short.
  open func drainAndClose() { carrierIsMissing() }

  /// The peer's burden counts so far; also after the end.
  open var burdens: BurdenCounts { BurdenCounts() }

  /// Counts a burden.
  open func bear(_ burden: Burden, times: Int = 1) {}

  // Called by the socket's side.

  /// What the peer must send before the connection is ready, for the error when it does not.
  open var awaitedGreeting: String { "greeting" }

  /// How long it may take, and the setting's name.
  open var greetingLimit: (Duration, setting: String) { (configuration.handshakeTimeout, "handshakeTimeout") }

  /// The socket is open, and so is TLS, if any; the owner was told of the connection.
  open func opened() {}

  /// Something was received.
  open func heardOfPeer() {}

  /// The peer has ended its output in an orderly way. Called once or twice.
  /// - Returns: whether the connection still has something to send. If not, it closes next.
  open func receivedEnd() -> Bool { false }

  /// Processes bytes from the peer.
  /// - Throws: an error that ends the connection. Pending output may tell the peer why.
  open func receive(_ bytes: UnsafeRawBufferPointer) throws { carrierIsMissing() }

  /// This many TLS messages without data were received.
  /// - Throws: an error that ends the connection, if there are too many.
  open func receivedSideMessages(_ count: Int) throws {}

  /// All bytes of a read were processed.
  open func receivedAll() {}

  /// Appends output to `buffer` until nothing is pending or `buffer` holds about `limitBytes`.
  /// - Returns: whether everything pending was written.
  open func makeOutput(into buffer: inout ByteBuffer, limitBytes: Int) throws -> Bool { true }

  /// Whether a flush would find nothing to do.
  open var isQuiet: Bool { false }

  /// Whether both sides are done.
  open var isFinished: Bool { false }

  /// The peer's violation, once the last output tells the peer.
  open var violation: TransportError? { nil }

  /// Queues the final output; streams that are still open end as lost.
  open func sayLastWord() {}

  /// The connection ends, with a stream still in its table.
  /// - Returns: how the stream ended.
  open func abandon(_ stream: TransportStream) -> StreamEnd { .connectionLost }

  /// The connection is closed. No timer may fire any more, and no stream is left.
  open func detach() {}

  private final func carrierIsMissing() -> Never { preconditionFailure("\(Self.self) does not carry this") }

  // MARK: The socket

  public final func handlerAdded(context: ChannelHandlerContext) {
    state.context = context
    state.peer = PeerAddress.text(of: context.channel.remoteAddress)
    if context.channel.isActive { start() }
  }

  public final func channelActive(context: ChannelHandlerContext) {
    state.peer = PeerAddress.text(of: context.channel.remoteAddress)
    start()
  }

  private func start() {
    guard state.timeout == nil, let delegate = state.delegate else { return }
    executor.connectionOpened()
    let (limit, setting) = greetingLimit
    state.timeout = executor.schedule(in: limit) { [self] in
      close(TransportError(.handshakeTimeout, "no \(awaitedGreeting) came within \(limit) (\(setting))"))
    }
    do {
      try records.start()
      delegate.connectionOpened(self)
      if !records.isHandshaking { opened() }
      scheduleFlush()
    } catch {
      close(TransportError(error))
    }
  }

  public final func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    executor.forgetTime()
    heardOfPeer()
    executor.catchUp()  // the peer may have seen, and answered, what was submitted
    var bytes = unwrapInboundIn(data)
    if records.isHandshaking, linesUp(&bytes) { return }
    receive(&bytes)
  }

  /// Processes what the socket has read.
  final func receive(_ bytes: inout ByteBuffer) {
    assert(executor.isCurrent)
    guard state.phase.isReceiving else { return }
    do {
      guard records.isPlain else { return try receive(records: &bytes) }
      try bytes.readWithUnsafeReadableBytes { pointer in
        try receiveInSession(pointer)
        return pointer.count
      }
    } catch {
      fail(TransportError(error))
    }
  }

  /// Processes what another connection has read and decrypted before it was replaced by this one.
  final func take(_ plaintext: ByteBuffer) {
    guard state.phase.isReceiving else { return }
    do {
      try plaintext.withUnsafeReadableBytes { bytes in
        if !bytes.isEmpty { try receiveInSession(bytes) }
      }
    } catch {
      return fail(TransportError(error))
    }
    finishReading()
  }

  /// The carrier cannot be re-entered meanwhile (`LoopExecutor.enter`).
  private func receiveInSession(_ bytes: UnsafeRawBufferPointer) throws {
    executor.state.isInSession = true
    defer { executor.state.isInSession = false }
    try receive(bytes)
  }

  private func receive(records bytes: inout ByteBuffer) throws {
    var plaintext = ByteBuffer()
    swap(&plaintext, &executor.state.plaintext)
    defer {
      plaintext.clear()
      swap(&plaintext, &executor.state.plaintext)
    }
    let aside = try records.receive(&bytes, into: &plaintext)
    if !records.isHandshaking, state.phase.tlsOpened() { opened() }
    if aside.sideMessages > 0 { try receivedSideMessages(aside.sideMessages) }
    try plaintext.withUnsafeReadableBytes { pointer in
      if !pointer.isEmpty { try receiveInSession(pointer) }
    }
    if aside.isEnd, !receivedEnd() {
      throw TransportError(.closedByPeer, "\(peer) closed the TLS session")
    }
  }

  public final func channelReadComplete(context: ChannelHandlerContext) { finishReading() }

  final func finishReading() {
    assert(executor.isCurrent)
    receivedAll()
    reportMemory()
    flushIfNeeded()
  }

  public final func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { return scheduleFlush() }
    bear(.fullSockets)
    if state.writeTimer == nil { watchWrites() }
  }

  public final func errorCaught(context: ChannelHandlerContext, error: any Error) { lose(TransportError(error)) }

  public final func channelInactive(context: ChannelHandlerContext) {
    if !waitsToEnd() { endOfPeer() }
  }

  /// Where the carrier allows it, the peer's end of output does not close the socket (`Carrier.allowsHalfClose`).
  public final func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed? = event as? ChannelEvent, !waitsToEnd() { endOfPeer(mayRead: true) }
    context.fireUserInboundEventTriggered(event)
  }

  /// - Parameter mayRead: whether the peer may have ended its output alone.
  final func endOfPeer(mayRead: Bool = false) {
    let isHandshaking = records.isHandshaking
    do {
      try records.receiveEnd()
    } catch {
      // Many peers close an idle connection without close_notify, which is harmless.
      let isHarmless = state.streams.isEmpty && !isHandshaking
      if !isHarmless && !state.phase.isClosed { return close(TransportError(error)) }
    }
    if state.phase.isReceiving, receivedEnd(), mayRead { return flushIfNeeded() }
    lose(TransportError(.closedByPeer, "\(peer) closed the connection"))
  }

  /// The socket was closed. A response to the failed greeting says more; the carrier reports it after its last output.
  private func lose(_ error: TransportError) {
    guard case .opening = state.phase, let context = state.context else { return close(error) }
    try? writePending(context)
    close(violation ?? error)
  }

  public final func handlerRemoved(context: ChannelHandlerContext) {
    close(TransportError(.closedByPeer, "the connection with \(peer) was taken down"))
    state.context = nil
  }

  // MARK: Output

  final func scheduleFlush() {
    assert(executor.isCurrent)
    if state.isFlushScheduled { return }
    state.isFlushScheduled = true
    executor.scheduleFlush(self)
  }

  /// Schedules a flush after an event that rarely leaves output.
  final func flushIfNeeded() {
    if records.isPlain, isQuiet { return }
    scheduleFlush()
  }

  /// Writes pending output, as far as the socket takes it; called once per turn by the executor.
  final func flush() {
    assert(executor.isCurrent)
    state.isFlushScheduled = false
    // A finished carrier has no output, and nghttp2 may still know streams that are gone.
    guard let context = state.context, state.phase.isReceiving else { return }
    do {
      try writePending(context)
    } catch {
      close(TransportError(error))
      return
    }
    reportMemory()
    watchWindows()
    if isFinished { finish() }
  }

  final func writePending(_ context: ChannelHandlerContext) throws {
    if records.isHandshaking { return records.flush(to: context) }
    var isDone = false
    // A failed write closes the connection right here, and its streams are gone then; NIO may still report “writable”.
    while !isDone, state.phase.isReceiving, context.channel.isWritable {
      var buffer = ByteBuffer()
      swap(&buffer, &executor.state.scratch)
      buffer.clear()
      defer { swap(&buffer, &executor.state.scratch) }
      executor.state.isInSession = true
      defer { executor.state.isInSession = false }
      isDone = try makeOutput(into: &buffer, limitBytes: Self.flushBytes)
      if buffer.readableBytes > 0 { try records.write(buffer, to: context) }
    }
    if !state.phase.isClosed { records.flush(to: context) }
  }
}
