// One call's stream: headers, messages and trailers in both directions, with waiting where the other side is slower.
public import FreshetCore
public import FreshetHTTP
public import NIOCore
import Synchronization

/// The call that a stream carries. Called on the stream's loop.
public protocol TransportStreamDelegate: AnyObject {
  /// A head, an interim response or trailers came; see `HTTPStream.receiveHeaders`. A request's grpc-timeout is not in
  /// the section but beside it, good for the call alone.
  func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool)
  /// Bytes were added to the inbound side; `TransportStream.poll` tells what they make.
  func receiveData()
  /// The peer has ended its side.
  func receiveEndStream()
  /// The stream is over; `connectionError` says why when its connection is too. Called exactly once.
  func receiveClose(_ end: StreamEnd, connectionError: TransportError?)
  /// A message that another thread put, and was told that there is room, came behind the end of this side: it cannot be
  /// sent, so the call must not end well.
  func refuseMessage(_ error: RPCError)
}

/// A stream of a `TransportConnection`.
///
/// The `async` methods, `put`, `takeReady` and `finishSending` may be called from anywhere: on the stream's loop they touch
/// its state directly, elsewhere they hand it to the loop, and by whatever way they take effect in the order in which they
/// are called (`LoopExecutor`). All others are for the loop alone. One task at a time may read, and one may send.
// SAFETY: all state is touched on `executor`'s loop alone; the async methods hop there first. `waitIDs`, `seat` and the
// counters of bytes are atomic.
public final class TransportStream: HTTPStream, @unchecked Sendable {
  public let executor: LoopExecutor
  /// Released when the stream closes, which is what breaks the cycle with the call.
  public var delegate: (any TransportStreamDelegate)? {
    get { call }
    set { call = newValue }
  }
  // Behind `delegate`, because other modules would check an access to a stored property.
  @exclusivity(unchecked) var call: (any TransportStreamDelegate)?
  @exclusivity(unchecked) var connection: TransportConnection? {
    didSet { borrowedConnection = connection.map { Unmanaged.passUnretained($0) } }
  }
  /// As `connection`, not retained, for what only notes down what is to be sent: the connection cannot go meanwhile.
  @exclusivity(unchecked) private var borrowedConnection: Unmanaged<TransportConnection>?
  /// In place of a connection, where that is on another loop.
  @exclusivity(unchecked) var relay: (any StreamRelay)?
  /// The pool of `executor`, which keeps it.
  let buffers: Unmanaged<BufferPool>
  /// Up to so many bytes that were read are not given back to the peer's window yet.
  @exclusivity(unchecked) var keptWindowBytes = 0
  /// The stream's place in its connection's table.
  @exclusivity(unchecked) var slot = 0

  @exclusivity(unchecked) var inbound: InboundBuffer
  @exclusivity(unchecked) var outbound = OutboundBuffer() {
    didSet { tellElsewhere() }
  }
  @exclusivity(unchecked) var replay: ReplayBuffer
  @exclusivity(unchecked) var outboundEnd = OutboundEnd.open {
    didSet { tellElsewhere() }
  }
  /// Whether the peer has let anything through, and whether it had not when that was looked at last.
  @exclusivity(unchecked) private var hasSentData = false
  @exclusivity(unchecked) private var wasUnopened = false
  /// How much of `hold` counts.
  @exclusivity(unchecked) var heldBytes = 0
  /// Whether this side has said that nothing follows, rather than failed.
  @exclusivity(unchecked) var isFinished = false
  /// Whether what is queued goes out although this side has failed, and is the last then.
  @exclusivity(unchecked) private var sendsRest = false
  /// Why a message from elsewhere was not queued; a sender that waits for room learns it, and the call.
  @exclusivity(unchecked) var refusal: RPCError?
  @exclusivity(unchecked) var reader = WaitSlot<InboundBatch>()
  @exclusivity(unchecked) var readerWantsRest = false
  let seat = ReaderSeat()
  @exclusivity(unchecked) var sender = WaitSlot<Result<Void, RPCError>>()
  let waitIDs = Atomic<UInt64>(0)
  /// What a sender away from the loop has to know of it: how many bytes are queued, or `Int.max / 2` when nothing more
  /// is sent; and how many are on their way to the queue.
  let queuedBytes = Atomic<Int>(0)
  let bytesUnderWay = Atomic<Int>(0)
  /// A frame for which there was no room, on its way with the wait for room (`putOrHold`).
  let held = Atomic<Unmanaged<FrameJob>?>(nil)

  /// A sender is suspended while more than this is queued, and resumed at half of it.
  static let maxQueuedBytes = 64 * 1024

  enum OutboundEnd {
    /// More may be sent. → finished, failed
    case open
    /// What is queued is the last, with these trailers after it if there are any. → failed
    case finished(HeaderFields?)
    /// Nothing more is sent; what is queued only if `sendsRest`.
    case failed(RPCError)
  }

  /// - Parameter canRewind: whether what is sent is kept, within bounds, until `commit`.
  public init(executor: LoopExecutor, maxMessageBytes: Int, canRewind: Bool = false) {
    self.executor = executor
    buffers = Unmanaged.passUnretained(executor.buffers)
    replay = ReplayBuffer(keeps: canRewind)
    inbound = InboundBuffer(maxMessageBytes: maxMessageBytes)
  }

  /// Whether the caller is on the stream's loop.
  public var isOnLoop: Bool { executor.isCurrent }

  /// Whether the caller is on the stream's loop, and may act: what was handed over before has been done.
  public func enterLoop() -> Bool { executor.enter() }

  /// Does what was handed over before; on the loop.
  public func catchUp() { executor.catchUp() }

  /// Changes the limit of the messages that come in; before the first of them.
  public func limitMessages(to maxMessageBytes: Int) {
    if inbound.bufferedBytes == 0 { inbound.limitMessages(to: maxMessageBytes) }
  }

  // MARK: Headers

  /// The largest header list that the peer takes; see `HTTP2Session.maxPeerHeaderListBytes`.
  public var maxPeerHeaderListBytes: Int { connection?.maxPeerHeaderListBytes ?? .max }

  /// Answers the peer's request; messages follow.
  public func sendResponseHeaders(_ fields: HeaderFields) { submitResponse(fields, endStream: false) }

  /// Answers the peer's request with one block of headers and nothing else.
  public func sendResponseOnly(_ fields: HeaderFields) {
    outboundEnd = .finished(nil)
    submitResponse(fields, endStream: true)
  }

  /// Answers the peer's request, of which nothing more is read, with headers and perhaps a body. The stream stays until
  /// the peer has ended its side, or the caller resets it: the peer may break a rule still. What comes is dropped, and
  /// the stream's window, which is not given back, bounds it.
  public func sendRefusal(_ fields: HeaderFields, body: ByteBuffer?, error: RPCError) {
    outlivesAnswer = true
    inbound.fail(error)
    guard let body else { return sendResponseOnly(fields) }
    submitResponse(fields, endStream: false)
    outbound.append(body)
    outboundEnd = .finished(nil)
    resumeOutput()
  }

  private func submitResponse(_ fields: HeaderFields, endStream: Bool) {
    guard let borrowedConnection, !isClosed else { return }  // the peer's reset and our answer may cross
    borrowedConnection._withUnsafeGuaranteedRef { $0.submitResponse(self, fields, endStream: endStream) }
  }

  private var isOutboundFailed: Bool {
    if case .failed = outboundEnd { true } else { false }
  }

  /// Ends this side after what is queued or was handed over.
  public func finishSending() { executor.run { self.finish() } }

  /// Ends this side after what is queued: with trailers (servers), or with END_STREAM alone.
  public func finish(trailers: HeaderFields? = nil) {
    guard case .open = outboundEnd else { return }
    isFinished = true
    if let trailers, outbound.isEmpty { return sendTrailers(trailers, laterSendsThrow: .sentAfterEnd) }
    borrowedConnection?._withUnsafeGuaranteedRef { $0.addEnded(outbound.byteCount) }
    outboundEnd = .finished(trailers)
    resumeOutput()
  }

  /// Queues again what was taken out of the queue last.
  func putBackOutput(_ bytes: ByteBuffer) {
    if isOutboundFailed { return }
    var whole = OutboundBuffer(), rest = ByteBuffer()
    whole.append(bytes)
    let count = outbound.byteCount
    rest.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
      if let start = memory.baseAddress {
        buffers._withUnsafeGuaranteedRef { outbound.move(count, to: start, done: $0) }
      }
      return count
    }
    if count > 0 { whole.append(rest) }
    outbound = whole
  }

  private func dropOutbound() {
    noteOutbound(-outbound.byteCount)
    outbound.removeAll()
  }

  /// Bytes were queued, or left the queue.
  @inline(__always)
  func noteOutbound(_ bytes: Int) {
    if bytes == 0 { return }
    borrowedConnection?._withUnsafeGuaranteedRef {
      $0.addOutbound(bytes)
      if isFinished { $0.addEnded(bytes) }
    }
  }

  /// Bytes came, or were read.
  @inline(__always)
  func noteInbound(_ bytes: Int) {
    if bytes == 0 { return }
    borrowedConnection?._withUnsafeGuaranteedRef { $0.addInbound(bytes) }
  }

  func resumeOutput() {
    guard let borrowedConnection else { return relay?.streamHasOutput() ?? () }
    borrowedConnection._withUnsafeGuaranteedRef { $0.resumeOutput(self) }
  }

  /// Looks whether the peer keeps the stream's window closed for everything that waits.
  /// - Returns: how the stream stands: `.longUnopened` if it was so at the last look, too.
  func lookAtWindow() -> WindowLook {
    if hasSentData || outbound.isEmpty { return .fine }
    defer { wasUnopened = true }
    return wasUnopened ? .longUnopened : .unopened
  }

  enum WindowLook { case fine, unopened, longUnopened }

  /// Drops what is queued and ends this side with trailers, even if the handler still sends: its sends throw `error`.
  public func abort(trailers: HeaderFields, error: RPCError) {
    if !outbound.isEmpty { connection?.leaveUnread(self) }
    dropOutbound()
    if case .open = outboundEnd { sendTrailers(trailers, laterSendsThrow: error) }
    fail(error)
  }

  /// As `abort` with trailers, where the end is a part of the body: it goes behind what is queued, of which the beginning of
  /// a message may have left.
  package func abort(body: ByteBuffer, error: RPCError) {
    if case .open = outboundEnd {
      outbound.append(body)
      noteOutbound(body.readableBytes)
      sendsRest = true
      outboundEnd = .failed(error)
      resumeOutput()
    }
    fail(error)
  }

  /// Not by way of the queue, whose end only a peer with an open window would see.
  private func sendTrailers(_ trailers: HeaderFields, laterSendsThrow error: RPCError) {
    outboundEnd = .failed(error)
    if !isClosed { connection?.sendTrailers(self, trailers) }  // the peer's reset and our answer may cross
  }

  /// Sends RST_STREAM and fails both directions with `error`.
  public func reset(_ code: ErrorCode, error: RPCError) {
    fail(error)
    guard let connection else { return relay?.streamWasReset(code) ?? () }
    connection.reset(self, code)
  }

  /// Fails later sends with `error`; what is queued is dropped. The peer has ended the call, so nobody would read it.
  public func endOutbound(throwing error: RPCError) {
    if isOutboundFailed { return }
    dropOutbound()
    outboundEnd = .failed(error)
    sender.wake()?.resume(returning: .failure(error))
  }

  /// Ends this side if it is open still, after the peer has ended its own: the peer need not wait for more (C5).
  public func stopSending() {
    if state.isLocalOpen { connection?.reset(self, .noError) }
  }

  /// Counts what the peer has done that brings neither side on.
  public func bear(_ burden: Burden) { connection?.bear(burden) }

  // MARK: Another try

  /// The peer has begun to answer: the stream will not be sent again.
  public func commit() { replay.release() }

  /// Makes a stream that the peer has not processed ready to be opened again, on whatever connection, with all that was
  /// sent on it; for the delegate's `receiveClose`.
  /// - Returns: false when that is not known any more, or the stream was given up.
  public func rewind() -> Bool {
    guard let frames = replay.frames, !isOutboundFailed else { return false }
    outbound.removeAll()
    for frame in frames { outbound.append(frame) }
    renew()
    return true
  }

  /// Fails both directions: waiting tasks are resumed and throw `error`, later ones too; the first error stays.
  public func fail(_ error: RPCError) {
    callReaderHere()
    noteInbound(-inbound.bufferedBytes)
    inbound.fail(error)
    if !isOutboundFailed {
      dropOutbound()
      outboundEnd = .failed(error)
    }
    reader.wake()?.resume(returning: .failure(error))
    sender.wake()?.resume(returning: .failure(error))
  }

  // MARK: From the HTTP/2 session

  public override func receiveHeaders(
    _ section: HeaderSection, valueApart: UnsafeRawBufferPointer?, endStream: Bool
  ) {
    call?.receiveHeaders(section, timeout: valueApart, endStream: endStream)
  }

  public override func receiveData(_ bytes: UnsafeRawBufferPointer) {
    let bufferedBytes = inbound.bufferedBytes
    buffers._withUnsafeGuaranteedRef { inbound.append(bytes, memory: $0) }
    noteInbound(inbound.bufferedBytes - bufferedBytes)  // nothing where this side has given up the stream
    call?.receiveData()
    wakeReader()
  }

  public override func receiveEndStream() {
    inbound.finish()
    call?.receiveEndStream()
    wakeReader()
  }

  public override func receiveClose(_ end: StreamEnd) { close(end, connectionError: nil) }

  func close(_ end: StreamEnd, connectionError: TransportError?) {
    guard let connection else { return }
    if !outbound.isEmpty { connection.leaveUnread(self) }
    noteOutbound(-outbound.byteCount)
    noteInbound(-inbound.bufferedBytes - heldBytes)
    self.connection = nil
    connection.remove(self)
    call.take()?.receiveClose(end, connectionError: connectionError)
    guard isClosed else { return }  // the call has rewound it
    // A wait that outlives the call would never end otherwise; what is buffered can still be read.
    endInbound(throwing: .callIsOver)
    if case .finished = outboundEnd, outbound.isEmpty {} else { endOutbound(throwing: .callIsOver) }
    giveBackMemory()
  }

  public override func availableOutput(maxBytes: Int) -> OutputAvailability {
    let count = min(maxBytes, outbound.byteCount)
    switch outboundEnd {
    case .failed where sendsRest: return count < outbound.byteCount ? .bytes(count) : .last(count)
    case .open, .failed: return count == 0 ? .nothing : .bytes(count)
    case .finished where count < outbound.byteCount: return .bytes(count)
    case .finished(nil): return .last(count)
    case .finished(let trailers?): return .lastThenTrailers(count, trailers)
    }
  }

  public override func writeOutput(_ count: Int, to memory: UnsafeMutableRawPointer) {
    buffers._withUnsafeGuaranteedRef { outbound.move(count, to: memory, done: $0) }
    noteOutbound(-count)
    hasSentData = true
    if outbound.byteCount <= Self.maxQueuedBytes / 2 { sender.wake()?.resume(returning: .success(())) }
  }
}
