// One call's stream: headers, messages and trailers in both directions, with back-pressure.
public import FreshetCore
public import FreshetHTTP
public import NIOCore
import Synchronization

/// The call on a stream. Called on the stream's loop.
public protocol TransportStreamDelegate: AnyObject {
  /// A head, an interim response or trailers were received; see `HTTPStream.receiveHeaders`. A request's grpc-timeout
  /// is passed beside the section, valid during the call only.
  func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool)
  /// Bytes were received; `TransportStream.poll` returns their messages.
  func receiveData()
  /// The peer has ended its side.
  func receiveEndStream()
  /// The stream is closed; `connectionError` says why if its connection is too. Called exactly once.
  func receiveClose(_ end: StreamEnd, connectionError: TransportError?)
  /// A message that another thread put while there was room arrived after the end of this side: it cannot be sent, so
  /// the call must not succeed.
  func refuseMessage(_ error: RPCError)
}

/// A stream of a `TransportConnection`.
///
/// The `async` methods, `put`, `takeReady` and `finishSending` may be called from anywhere: on the stream's loop they
/// use its state directly, elsewhere they submit a job, and in either case they take effect in the order of the calls
/// (`LoopExecutor`). All others are for the loop only. One task at a time may read, and one may send.
// SAFETY: all state is used on `executor`'s loop only; the async methods hop there first. `waitIDs`, `seat`, `held` and
// the byte counters are atomic; `fetched` has a lock.
public final class TransportStream: HTTPStream, @unchecked Sendable {
  /// State of the loop, apart from the outbound side.
  struct LoopState {
    /// Released when the stream closes, which breaks the cycle with the call.
    var call: (any TransportStreamDelegate)?
    /// Borrowed by code that only records what is to be sent: it cannot be released meanwhile.
    var connection = Borrowable<TransportConnection>(nil)
    /// Replaces a connection that is on another loop.
    var relay: (any StreamRelay)?
    /// Up to this many bytes read are not yet returned to the peer's window.
    var keptWindowBytes = 0
    /// The stream's index in its connection's table.
    var slot = 0
    var inbound: InboundBuffer
    /// nil for bodies in gRPC's framing.
    var framing: BodyFraming?
    var replay: ReplayBuffer
    var opening = WindowOpening.unopened
    /// How many held bytes count.
    var heldBytes = 0
    /// Whether this side has ended regularly, rather than failed.
    var isFinished = false
    /// Why a message from another thread was not queued; reported to a sender that waits for room, and to the call.
    var refusal: RPCError?
    var reader = WaitSlot<InboundBatch>()
    var readerWantsRest = false
    var sender = WaitSlot<Result<Void, RPCError>>()
  }

  struct Outbound {
    var queue = OutboundBuffer()
    /// See `withhold`.
    var withheldBytes = 0
    var end = OutboundEnd.open
  }

  enum OutboundEnd {
    /// More may be sent. → finished, failed
    case open
    /// The queued output is the last, followed by these trailers if any. → failed
    case finished(HeaderFields?)
    /// Nothing more is sent; queued output only if `sendsRest`, and then as the last.
    case failed(RPCError, sendsRest: Bool = false)
  }

  public let executor: LoopExecutor
  @exclusivity(unchecked) var loopState: LoopState
  /// Apart from `loopState`, because senders off the loop are told of every change.
  @exclusivity(unchecked) var outbound = Outbound() {
    didSet { tellElsewhere() }
  }
  /// The pool of `executor`, which retains it.
  let buffers: Unmanaged<BufferPool>
  let seat = ReaderSeat()
  let fetched = FetchedMessages()
  let waitIDs = Atomic<UInt64>(0)
  /// State for senders off the loop: how many bytes are queued, or `Int.max / 2` when nothing more is sent; and how
  /// many are on their way to the queue.
  let queuedBytes = Atomic<Int>(0)
  let bytesUnderWay = Atomic<Int>(0)
  let held = HeldFrame()

  /// A sender is suspended while more than this is queued, and resumed at half of it.
  static let maxQueuedBytes = 64 * 1024

  /// - Parameter canRewind: whether to keep what is sent, within bounds, until `commit`.
  public init(executor: LoopExecutor, maxMessageBytes: Int, canRewind: Bool = false) {
    self.executor = executor
    buffers = Unmanaged.passUnretained(executor.buffers)
    loopState = LoopState(
      inbound: InboundBuffer(maxMessageBytes: maxMessageBytes), replay: ReplayBuffer(keeps: canRewind))
  }

  public var delegate: (any TransportStreamDelegate)? {
    get { loopState.call }
    set { loopState.call = newValue }
  }

  var connection: TransportConnection? { loopState.connection.object }

  /// Whether the caller is on the stream's loop.
  public var isOnLoop: Bool { executor.isCurrent }

  /// Whether the caller is on the stream's loop and may act: everything submitted before has run.
  public func enterLoop() -> Bool { executor.enter() }

  /// Runs everything submitted before; on the loop.
  public func catchUp() { executor.catchUp() }

  /// Changes the limit on inbound messages; before the first of them.
  public func limitMessages(to maxMessageBytes: Int) {
    assert(executor.isCurrent)
    if loopState.inbound.bufferedBytes == 0 { loopState.inbound.limitMessages(to: maxMessageBytes) }
  }

  // MARK: Headers

  /// The largest header list that the peer accepts; see `HTTP2Session.maxPeerHeaderListBytes`.
  public var maxPeerHeaderListBytes: Int { connection?.maxPeerHeaderListBytes ?? .max }

  /// Sends the response's head; messages follow.
  public func sendResponseHeaders(_ fields: HeaderFields) { submitResponse(fields, endStream: false) }

  /// Sends a response of one block of headers and nothing else.
  public func sendResponseOnly(_ fields: HeaderFields) {
    if loopState.framing != nil, let tunnel { return send(end: fields, through: tunnel, error: .sentAfterEnd) }
    outbound.end = .finished(nil)
    submitResponse(fields, endStream: true)
  }

  /// Answers a request whose rest is not read, with headers and possibly a body. The stream stays open until the peer
  /// has ended its side, or the caller resets it: the peer may still break a rule. Received data is dropped, and is
  /// bounded by the stream's window, which is not returned.
  public func sendRefusal(_ fields: HeaderFields, body: ByteBuffer?, error: RPCError) {
    assert(executor.isCurrent)
    outlivesAnswer = true
    loopState.inbound.fail(error)
    guard let body else { return sendResponseOnly(fields) }
    submitResponse(fields, endStream: false)
    outbound.queue.append(body)
    outbound.end = .finished(nil)
    resumeOutput()
  }

  private func submitResponse(_ fields: HeaderFields, endStream: Bool) {
    assert(executor.isCurrent)
    // The peer's reset and our answer may cross.
    guard let connection = loopState.connection.borrowed, !isClosed else { return }
    if loopState.framing != nil, let tunnel { return send(head: fields, through: tunnel) }
    connection._withUnsafeGuaranteedRef { $0.submitResponse(self, fields, endStream: endStream) }
  }

  private var isOutboundFailed: Bool {
    if case .failed = outbound.end { true } else { false }
  }

  /// Ends this side after what was queued or submitted.
  public func finishSending() {
    handOverHeld()
    executor.run { self.finish() }
  }

  /// Ends this side after what is queued: with trailers (servers), or with just END_STREAM.
  public func finish(trailers: HeaderFields? = nil) {
    assert(executor.isCurrent)
    guard case .open = outbound.end else { return }
    loopState.isFinished = true
    if loopState.framing != nil, let trailers, let tunnel {
      connection?.addEnded(outbound.queue.byteCount)
      return send(end: trailers, through: tunnel, error: .sentAfterEnd)
    }
    if let trailers, outbound.queue.isEmpty { return sendTrailers(trailers, laterSendsThrow: .sentAfterEnd) }
    loopState.connection.borrowed?._withUnsafeGuaranteedRef { $0.addEnded(outbound.queue.byteCount) }
    outbound.end = .finished(trailers)
    resumeOutput()
  }

  /// Requeues what was last taken out of the queue.
  func putBackOutput(_ bytes: ByteBuffer) {
    assert(executor.isCurrent)
    if isOutboundFailed { return }
    var whole = OutboundBuffer(), rest = ByteBuffer()
    whole.append(bytes)
    let count = outbound.queue.byteCount
    rest.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
      if let start = memory.baseAddress {
        buffers._withUnsafeGuaranteedRef { outbound.queue.move(count, to: start, done: $0) }
      }
      return count
    }
    if count > 0 { whole.append(rest) }
    outbound.queue = whole
  }

  private func dropOutbound() {
    noteOutbound(-outbound.queue.byteCount)
    outbound.queue.removeAll()
  }

  /// Whether a request consists of its head. Not in gRPC, which asks for an empty DATA frame then.
  var isOnlyHead: Bool {
    guard loopState.framing != nil, outbound.queue.isEmpty, case .finished(nil) = outbound.end else { return false }
    return true
  }

  /// A client's stream joins a connection with what was queued before.
  @inline(__always)
  func countQueued(in connection: TransportConnection) {
    let count = outbound.queue.byteCount
    if count == 0 { return }
    connection.addOutbound(count)
    if loopState.isFinished { connection.addEnded(count) }
  }

  /// Bytes were queued, or left the queue.
  @inline(__always)
  func noteOutbound(_ bytes: Int) {
    if bytes == 0 { return }
    loopState.connection.borrowed?._withUnsafeGuaranteedRef {
      $0.addOutbound(bytes)
      if loopState.isFinished { $0.addEnded(bytes) }
    }
  }

  /// Bytes were received, or were read.
  @inline(__always)
  func noteInbound(_ bytes: Int) {
    if bytes == 0 { return }
    loopState.connection.borrowed?._withUnsafeGuaranteedRef { $0.addInbound(bytes) }
  }

  func resumeOutput() {
    assert(executor.isCurrent)
    guard let connection = loopState.connection.borrowed else { return loopState.relay?.streamHasOutput() ?? () }
    connection._withUnsafeGuaranteedRef { $0.resumeOutput(self) }
  }

  /// Checks whether the peer keeps the stream's window closed for all queued output.
  /// - Returns: `.longUnopened` if it was so at the last check, too.
  func lookAtWindow() -> WindowLook {
    assert(executor.isCurrent)
    if outbound.queue.isEmpty { return .fine }
    switch loopState.opening {
    case .opened: return .fine
    case .unopened:
      loopState.opening = .longUnopened
      return .unopened
    case .longUnopened: return .longUnopened
    }
  }

  enum WindowLook { case fine, unopened, longUnopened }

  /// Whether the peer has let anything through.
  enum WindowOpening {
    /// → longUnopened, opened
    case unopened
    /// It had not at the last check, either. → opened
    case longUnopened
    case opened
  }

  /// Drops queued output and ends this side with trailers, even if the handler still sends: its sends throw `error`.
  public func abort(trailers: HeaderFields, error: RPCError) {
    assert(executor.isCurrent)
    if loopState.framing != nil, let tunnel {
      send(end: trailers, through: tunnel, error: error, isAborted: true)
      return fail(error)
    }
    if !outbound.queue.isEmpty { connection?.leaveUnread(self) }
    dropOutbound()
    if case .open = outbound.end { sendTrailers(trailers, laterSendsThrow: error) }
    fail(error)
  }

  /// Like `abort` with trailers, if the end is part of the body: it follows the queued output, since the beginning of a
  /// message may have been sent.
  package func abort(body: ByteBuffer, error: RPCError) {
    assert(executor.isCurrent)
    if case .open = outbound.end {
      let body = (try? duplexForm?.frame(body)) ?? body
      outbound.queue.append(body)
      noteOutbound(body.readableBytes)
      outbound.end = .failed(error, sendsRest: true)
      resumeOutput()
    }
    fail(error)
  }

  /// Not through the queue, whose end only a peer with an open window would see.
  private func sendTrailers(_ trailers: HeaderFields, laterSendsThrow error: RPCError) {
    outbound.end = .failed(error)
    if !isClosed { connection?.sendTrailers(self, trailers) }  // the peer's reset and our answer may cross
  }

  /// Sends RST_STREAM and fails both directions with `error`.
  public func reset(_ code: ErrorCode, error: RPCError) {
    assert(executor.isCurrent)
    fail(error)
    guard let connection else { return loopState.relay?.streamWasReset(code) ?? () }
    connection.reset(self, code)
  }

  /// Fails later sends with `error`; queued output is dropped. The peer has ended the call, so it would not be read.
  public func endOutbound(throwing error: RPCError) {
    assert(executor.isCurrent)
    if isOutboundFailed { return }
    dropOutbound()
    outbound.end = .failed(error)
    loopState.sender.wake()?.resume(returning: .failure(error))
  }

  /// Ends this side if it is still open, after the peer has ended its own: the peer need not wait for more (C5).
  public func stopSending() {
    assert(executor.isCurrent)
    if state.isLocalOpen { connection?.reset(self, .noError) }
  }

  /// Counts a burden.
  public func bear(_ burden: Burden) { connection?.bear(burden) }

  // MARK: Retries

  /// The peer has begun to respond: the stream will not be replayed.
  public func commit() { loopState.replay.release() }

  /// Prepares a stream that the peer has not processed to be reopened, on any connection, with everything that was sent
  /// on it; for the delegate's `receiveClose`.
  /// - Returns: false if that was not kept, or the stream was reset.
  public func rewind() -> Bool {
    assert(executor.isCurrent)
    guard let frames = loopState.replay.frames, !isOutboundFailed else { return false }
    outbound.queue.removeAll()
    for frame in frames { outbound.queue.append(frame) }
    renew()
    return true
  }

  /// What a reader has fetched is not delivered any more; `fail` follows.
  public func dropFetched() { fetched.close() }

  /// Fails both directions: waiting tasks are resumed and throw `error`, later ones too; the first error is kept.
  public func fail(_ error: RPCError) {
    assert(executor.isCurrent)
    callReaderHere()
    noteInbound(-loopState.inbound.bufferedBytes)
    loopState.inbound.fail(error)
    fetched.close()
    if !isOutboundFailed {
      dropOutbound()
      outbound.end = .failed(error)
    }
    loopState.reader.wake()?.resume(returning: .failure(error))
    loopState.sender.wake()?.resume(returning: .failure(error))
  }

  // MARK: From the HTTP/2 session

  public override func receiveHeaders(
    _ section: HeaderSection, valueApart: UnsafeRawBufferPointer?, endStream: Bool
  ) {
    loopState.call?.receiveHeaders(section, timeout: valueApart, endStream: endStream)
  }

  public override func receiveData(_ bytes: UnsafeRawBufferPointer) {
    assert(executor.isCurrent)
    if let framing = loopState.framing { return receive(bytes, in: framing) }
    let bufferedBytes = loopState.inbound.bufferedBytes
    buffers._withUnsafeGuaranteedRef { loopState.inbound.append(bytes, memory: $0) }
    noteInbound(loopState.inbound.bufferedBytes - bufferedBytes)  // nothing if this side has reset the stream
    loopState.call?.receiveData()
    wakeReader()
  }

  public override func receiveEndStream() {
    assert(executor.isCurrent)
    // A form that holds messages back reports the end behind them.
    if loopState.framing.map({ finishBody(in: $0) }) ?? true { loopState.inbound.finish() }
    loopState.call?.receiveEndStream()
    wakeReader()
  }

  public override func receiveClose(_ end: StreamEnd) { close(end, connectionError: nil) }

  func close(_ end: StreamEnd, connectionError: TransportError?) {
    assert(executor.isCurrent)
    guard let connection else { return }
    if !outbound.queue.isEmpty { connection.leaveUnread(self) }
    noteOutbound(-outbound.queue.byteCount &- outbound.withheldBytes)
    noteInbound(-loopState.inbound.bufferedBytes - loopState.heldBytes)
    loopState.connection = Borrowable(nil)
    connection.remove(self)
    // The form notes the end before the call wakes a reader, which may ask for it.
    if loopState.framing != nil { duplexForm?.detach() }
    loopState.call.take()?.receiveClose(end, connectionError: connectionError)
    guard isClosed else { return }  // the call has rewound it
    // A wait that outlives the call would otherwise never end; buffered messages can still be read.
    endInbound(throwing: .callIsOver)
    if case .finished = outbound.end, outbound.queue.isEmpty {} else { endOutbound(throwing: .callIsOver) }
    giveBackMemory()
  }

  public override func availableOutput(maxBytes: Int) -> OutputAvailability {
    assert(executor.isCurrent)
    let count = min(maxBytes, outbound.queue.byteCount)
    switch outbound.end {
    case .failed(_, sendsRest: true): return count < outbound.queue.byteCount ? .bytes(count) : .last(count)
    case .open, .failed: return count == 0 ? .nothing : .bytes(count)
    case .finished where count < outbound.queue.byteCount: return .bytes(count)
    case .finished(nil): return .last(count)
    case .finished(let trailers?): return .lastThenTrailers(count, trailers)
    }
  }

  public override func writeOutput(_ count: Int, to memory: UnsafeMutableRawPointer) {
    assert(executor.isCurrent)
    buffers._withUnsafeGuaranteedRef { outbound.queue.move(count, to: memory, done: $0) }
    noteOutbound(-count)
    loopState.opening = .opened
    if loopState.framing != nil, outbound.queue.byteCount <= Self.maxQueuedBytes / 2 { queueOutputOfForm() }
    if hasRoomAgain { loopState.sender.wake()?.resume(returning: .success(())) }
  }
}
