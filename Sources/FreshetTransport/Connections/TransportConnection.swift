// A socket with its records: what carries streams, whichever version of HTTP makes frames of them.
public import FreshetHTTP
import FreshetTLS
public import NIOCore

/// The last handler of a NIO channel: reads and writes the socket, and knows how a connection begins and ends. Subclasses
/// are the carriers: they make something of the bytes. Confined to its event loop; not Sendable.
open class TransportConnection: ChannelInboundHandler {
  public typealias InboundIn = ByteBuffer
  public typealias OutboundOut = ByteBuffer

  public final let executor: LoopExecutor
  /// The peer's address in gRPC's notation: `ipv4:127.0.0.1:50051`, `unix:/run/x.sock`.
  @exclusivity(unchecked) public private(set) final var peer = "unknown"
  @exclusivity(unchecked) final var delegate: (any ConnectionDelegate)?
  final let records: RecordLayer
  @exclusivity(unchecked) final var state: ConnectionState
  @exclusivity(unchecked) final var context: ChannelHandlerContext?
  @exclusivity(unchecked) final var streams: [TransportStream] = []
  @exclusivity(unchecked) private final var isFlushScheduled = false
  @exclusivity(unchecked) final var timeout: Scheduled<Void>?
  @exclusivity(unchecked) final var writeTimer: Scheduled<Void>?
  @exclusivity(unchecked) final var windowTimer: Scheduled<Void>?
  @exclusivity(unchecked) final var isGoingAway = false
  /// What the peer's calls have to be done, in line.
  public final let work = WorkQueue()
  @exclusivity(unchecked) final var memory = Memory()
  @exclusivity(unchecked) final var handshakeWait = HandshakeWait.none
  final let configuration: ConnectionConfiguration

  /// How many bytes one flush makes before it asks whether the socket still takes more.
  private static let flushBytes = 256 * 1024

  /// - Parameter records: new, or such that another connection has used up to the end of the handshake.
  init(
    executor: LoopExecutor, records: RecordLayer, configuration: ConnectionConfiguration,
    delegate: any ConnectionDelegate
  ) {
    self.executor = executor
    self.records = records
    self.delegate = delegate
    self.configuration = configuration
    state = records.isHandshaking ? .securing : .opening
  }

  public final var streamCount: Int { streams.count }

  /// The client certificate that the peer has proved to own (DER), if TLS asked for one.
  public final var peerCertificateDER: [UInt8]? { records.peerCertificateDER }

  // MARK: What a carrier does

  // Down from the streams, on whose way nothing but a call of a method may be.

  /// The largest header list that the peer takes.
  open var maxPeerHeaderListBytes: Int { .max }

  /// Answers a stream with the final headers; with `endStream` nothing follows.
  open func submitResponse(_ stream: TransportStream, _ fields: HeaderFields, endStream: Bool) { carrierIsMissing() }

  /// The stream has output again.
  open func resumeOutput(_ stream: TransportStream) { carrierIsMissing() }

  /// Ends a stream that was answered, without asking it for more output.
  open func sendTrailers(_ stream: TransportStream, _ fields: HeaderFields) { carrierIsMissing() }

  /// Gives a stream up.
  open func reset(_ stream: TransportStream, _ code: ErrorCode) { carrierIsMissing() }

  /// So many bytes of a stream were read: the peer may send as many.
  open func giveBack(_ bytes: Int, to stream: TransportStream) { carrierIsMissing() }

  /// A stream ends with bytes that the peer had no window for.
  open func leaveUnread(_ stream: TransportStream) {}

  // What its owner asks of it.

  /// Opens a stream with a request's head (clients only).
  open func open(_ stream: TransportStream, _ fields: HeaderFields) throws(TransportError) { carrierIsMissing() }

  /// Whether the peer lets this side open one more stream now (grpc-wire.md C14).
  open var hasRoom: Bool { false }

  /// Refuses new streams, lets running ones end, then closes; `close` cuts it short.
  open func drainAndClose() { carrierIsMissing() }

  /// What the peer has done so far that brings neither side on; also after the end.
  open var burdens: BurdenCounts { BurdenCounts() }

  /// Counts what the peer has done that brings neither side on.
  open func bear(_ burden: Burden, times: Int = 1) {}

  // What the socket asks of it.

  /// What the peer has to say before the connection is ready, for the error when it does not.
  open var awaitedGreeting: String { "greeting" }

  /// For how long it may not say it, and the setting's name.
  open var greetingLimit: (Duration, setting: String) { (configuration.handshakeTimeout, "handshakeTimeout") }

  /// Something came from the peer.
  open func heardOfPeer() {}

  /// Works through bytes of the peer.
  /// - Throws: what ends the connection. Pending output may tell the peer why.
  open func receive(_ bytes: UnsafeRawBufferPointer) throws { carrierIsMissing() }

  /// So many messages of TLS came that brought no data.
  /// - Throws: what ends the connection, where that is too much.
  open func receivedSideMessages(_ count: Int) throws {}

  /// All bytes of a read were worked through.
  open func receivedAll() {}

  /// Appends output to `buffer` until nothing is pending or `buffer` holds `limitBytes` or little more.
  /// - Returns: whether everything pending was written.
  open func makeOutput(into buffer: inout ByteBuffer, limitBytes: Int) throws -> Bool { true }

  /// Whether a flush would find nothing to do.
  open var isQuiet: Bool { false }

  /// Whether all was said, by both sides.
  open var isFinished: Bool { false }

  /// The rule that the peer broke, once the last output tells the peer.
  open var violation: TransportError? { nil }

  /// Says the last word; streams that are open still end as lost.
  open func sayLastWord() {}

  /// The connection ends, and a stream that is in its table with it.
  /// - Returns: what that means for the stream.
  open func abandon(_ stream: TransportStream) -> StreamEnd { .connectionLost }

  /// The connection is closed. No timer may fire any more, and no stream is left.
  open func detach() {}

  private final func carrierIsMissing() -> Never { preconditionFailure("\(Self.self) does not carry this") }

  // MARK: The socket

  public final func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    peer = PeerAddress.text(of: context.channel.remoteAddress)
    if context.channel.isActive { start() }
  }

  public final func channelActive(context: ChannelHandlerContext) {
    peer = PeerAddress.text(of: context.channel.remoteAddress)
    start()
  }

  private func start() {
    guard timeout == nil, let delegate else { return }
    executor.connectionOpened()
    let (limit, setting) = greetingLimit
    timeout = executor.schedule(in: limit) { [self] in
      close(TransportError(.handshakeTimeout, "no \(awaitedGreeting) came within \(limit) (\(setting))"))
    }
    do {
      try records.start()
      delegate.connectionOpened(self)
      scheduleFlush()
    } catch {
      close(TransportError(error))
    }
  }

  public final func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    executor.forgetTime()
    heardOfPeer()
    executor.catchUp()  // the peer may have seen, and answered, what was handed over behind what it had seen before
    var bytes = unwrapInboundIn(data)
    if records.isHandshaking, linesUp(&bytes) { return }
    receive(&bytes)
  }

  /// Takes what the socket has read.
  final func receive(_ bytes: inout ByteBuffer) {
    guard state.isReceiving else { return }
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

  /// Takes what another connection has read, and decrypted, before it gave its place to this one.
  final func take(_ plaintext: ByteBuffer) {
    guard state.isReceiving else { return }
    do {
      try plaintext.withUnsafeReadableBytes { bytes in
        if !bytes.isEmpty { try receiveInSession(bytes) }
      }
    } catch {
      return fail(TransportError(error))
    }
    finishReading()
  }

  /// The carrier cannot be entered again meanwhile (`LoopExecutor.enter`).
  private func receiveInSession(_ bytes: UnsafeRawBufferPointer) throws {
    executor.isInSession = true
    defer { executor.isInSession = false }
    try receive(bytes)
  }

  private func receive(records bytes: inout ByteBuffer) throws {
    var plaintext = ByteBuffer()
    swap(&plaintext, &executor.plaintext)
    defer {
      plaintext.clear()
      swap(&plaintext, &executor.plaintext)
    }
    let aside = try records.receive(&bytes, into: &plaintext)
    if !records.isHandshaking { state.tlsOpened() }
    if aside.sideMessages > 0 { try receivedSideMessages(aside.sideMessages) }
    try plaintext.withUnsafeReadableBytes { pointer in
      if !pointer.isEmpty { try receiveInSession(pointer) }
    }
    if aside.isEnd { throw TransportError(.closedByPeer, "\(peer) closed the TLS session") }
  }

  public final func channelReadComplete(context: ChannelHandlerContext) { finishReading() }

  final func finishReading() {
    receivedAll()
    reportMemory()
    flushIfNeeded()
  }

  public final func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { return scheduleFlush() }
    bear(.fullSockets)
    if writeTimer == nil { watchWrites() }
  }

  public final func errorCaught(context: ChannelHandlerContext, error: any Error) { lose(TransportError(error)) }

  public final func channelInactive(context: ChannelHandlerContext) {
    if !waitsToEnd() { endOfPeer() }
  }

  final func endOfPeer() {
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

  /// The socket has ended. What came in place of the greeting says more; the carrier tells it once its last output was made.
  private func lose(_ error: TransportError) {
    guard case .opening = state, let context else { return close(error) }
    try? writePending(context)
    close(violation ?? error)
  }

  public final func handlerRemoved(context: ChannelHandlerContext) {
    close(TransportError(.closedByPeer, "the connection with \(peer) was taken down"))
    self.context = nil
  }

  // MARK: Output

  final func scheduleFlush() {
    if isFlushScheduled { return }
    isFlushScheduled = true
    executor.scheduleFlush(self)
  }

  /// Schedules a flush after what seldom leaves anything to be sent.
  final func flushIfNeeded() {
    if records.isPlain, isQuiet { return }
    scheduleFlush()
  }

  /// Writes what is pending, as far as the socket takes it; called once a turn by the executor.
  final func flush() {
    isFlushScheduled = false
    // A finished carrier has nothing to say, and nghttp2 may still know streams that are gone.
    guard let context, state.isReceiving else { return }
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
    // A write that fails closes the connection right here, and its streams are gone then; NIO may still say “writable”.
    while !isDone, state.isReceiving, context.channel.isWritable {
      var buffer = ByteBuffer()
      swap(&buffer, &executor.scratch)
      buffer.clear()
      defer { swap(&buffer, &executor.scratch) }
      executor.isInSession = true
      defer { executor.isInSession = false }
      isDone = try makeOutput(into: &buffer, limitBytes: Self.flushBytes)
      if buffer.readableBytes > 0 { try records.write(buffer, to: context) }
    }
    if !state.isClosed { records.flush(to: context) }
  }
}
