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
  @exclusivity(unchecked) private var call: (any TransportStreamDelegate)?
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
  @exclusivity(unchecked) private var outbound = OutboundBuffer() {
    didSet { tellElsewhere() }
  }
  @exclusivity(unchecked) private var replay: ReplayBuffer
  @exclusivity(unchecked) private var outboundEnd = OutboundEnd.open {
    didSet { tellElsewhere() }
  }
  /// Whether the peer has let anything through, and whether it had not when that was looked at last.
  @exclusivity(unchecked) private var hasSentData = false
  @exclusivity(unchecked) private var wasUnopened = false
  /// How much of `hold` counts.
  @exclusivity(unchecked) var heldBytes = 0
  /// Whether this side has said that nothing follows, rather than failed.
  @exclusivity(unchecked) private var isFinished = false
  /// Whether what is queued goes out although this side has failed, and is the last then.
  @exclusivity(unchecked) private var sendsRest = false
  /// Why a message from elsewhere was not queued; a sender that waits for room learns it, and the call.
  @exclusivity(unchecked) private var refusal: RPCError?
  @exclusivity(unchecked) var reader = WaitSlot<InboundBatch>()
  @exclusivity(unchecked) var readerWantsRest = false
  let seat = ReaderSeat()
  @exclusivity(unchecked) private var sender = WaitSlot<Result<Void, RPCError>>()
  let waitIDs = Atomic<UInt64>(0)
  /// What a sender away from the loop has to know of it: how many bytes are queued, or `Int.max / 2` when nothing more
  /// is sent; and how many are on their way to the queue.
  private let queuedBytes = Atomic<Int>(0)
  private let bytesUnderWay = Atomic<Int>(0)
  /// A frame for which there was no room, on its way with the wait for room (`putOrHold`).
  private let held = Atomic<Unmanaged<FrameJob>?>(nil)

  /// A sender is suspended while more than this is queued, and resumed at half of it.
  private static let maxQueuedBytes = 64 * 1024

  private enum OutboundEnd {
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

  // MARK: Sending

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

  /// Queues a framed message without waiting.
  /// - Throws: the error that ended the stream's outbound side.
  public func enqueue(_ frame: ByteBuffer) throws(RPCError) {
    switch outboundEnd {
    case .open: break
    case .failed(let error): throw error
    case .finished: throw .sentAfterEnd
    }
    let wasEmpty = outbound.isEmpty
    outbound.append(frame)
    noteOutbound(frame.readableBytes)
    replay.append(frame)
    if wasEmpty { resumeOutput() }
  }

  /// Queues a framed message and suspends while the queue is over its bound, which is while the peer's window is closed
  /// or the socket is full.
  /// - Throws: the error that ended the stream's outbound side; `cancelled` when the task was cancelled while it
  ///   waited.
  public func send(_ frame: ByteBuffer) async throws(RPCError) {
    if executor.enter() {
      if sender.isWaiting { throw .twoTasks("send") }
      try enqueue(frame)
      if hasRoom { return }
      try await waitForRoom { _ in .success(()) }
    } else if !putFromElsewhere(frame) {
      try await waitForRoom()
    }
  }

  /// Queues a framed message, even if there is no room: now, or soon when the caller is not on the loop.
  /// - Returns: whether the next may be queued before `waitForRoom`, which also tells whether this one could be.
  /// - Throws: the error that ended the stream's outbound side.
  public func put(_ frame: ByteBuffer) throws(RPCError) -> Bool {
    guard executor.enter() else { return putFromElsewhere(frame) }
    return try putOnLoop(frame)
  }

  /// As `put`, for a caller that has entered the loop.
  public func putOnLoop(_ frame: ByteBuffer) throws(RPCError) -> Bool {
    try enqueue(frame)
    return hasRoom
  }

  /// A sender that is told that there is no room comes to the loop to wait, and learns there if the stream is over.
  private func putFromElsewhere(_ frame: ByteBuffer) -> Bool {
    let hasRoom = addUnderWay(frame.readableBytes)
    executor.run(FrameJob(frame, on: self))
    return hasRoom
  }

  private func addUnderWay(_ byteCount: Int) -> Bool {
    let underWay = bytesUnderWay.add(byteCount, ordering: .relaxed).newValue
    return underWay + queuedBytes.load(ordering: .relaxed) <= Self.maxQueuedBytes
  }

  /// As `put`, for a caller away from the loop that calls `waitForRoom` next where it is told that there is no room: then that
  /// takes the frame along, so that there is one job for the loop and not two.
  /// - Parameter first: what the same job does before.
  package func putOrHold(_ frame: ByteBuffer, behind first: (@Sendable () -> Void)? = nil) -> Bool {
    handOverHeld()
    let hasRoom = addUnderWay(frame.readableBytes)
    let job = FrameJob(frame, on: self, behind: first)
    if hasRoom {
      executor.run(job)
    } else if let other = held.exchange(.passRetained(job), ordering: .acquiringAndReleasing) {
      executor.run(other.takeRetainedValue())  // of another task, which sends at the same time
    }
    return hasRoom
  }

  /// Hands over what waits for a `waitForRoom` that does not come.
  package func handOverHeld() {
    if let job = takeHeld() { executor.run(job) }
  }

  private func takeHeld() -> FrameJob? {
    if held.load(ordering: .relaxed) == nil { return nil }
    return held.exchange(nil, ordering: .acquiringAndReleasing)?.takeRetainedValue()
  }

  /// The frame has come from elsewhere.
  fileprivate func take(_ frame: ByteBuffer) {
    bytesUnderWay.subtract(frame.readableBytes, ordering: .relaxed)
    do throws(RPCError) {
      try enqueue(frame)
    } catch {
      if refusal == nil { refusal = error }
      if isFinished { call?.refuseMessage(error) }
    }
  }

  /// Why a message that came behind this side's end was not queued; for a call that begins only now and could not be told.
  public var refusalBehindEnd: RPCError? { isFinished ? refusal : nil }

  /// Suspends while the queue is over its bound.
  /// - Throws: as `send`.
  public func waitForRoom() async throws(RPCError) {
    try await waitForRoom { stream in
      if let error = stream.refusal { return .failure(error) }
      switch stream.outboundEnd {
      case .failed(let error): return .failure(error)
      case .open, .finished: return .success(())
      }
    }
  }

  private func tellElsewhere() {
    if case .open = outboundEnd {
      queuedBytes.store(outbound.byteCount, ordering: .relaxed)
    } else {
      queuedBytes.store(.max / 2, ordering: .relaxed)
    }
  }

  var hasRoom: Bool { outbound.byteCount <= Self.maxQueuedBytes }

  /// Does `first` on the loop, and resumes when it failed or when there is room again.
  private func waitForRoom(
    after first: @escaping @Sendable (TransportStream) -> Result<Void, RPCError>
  ) async throws(RPCError) {
    if executor.isShutDown { throw .loopIsShutDown }
    let id = waitIDs.add(1, ordering: .relaxed).newValue
    let held = takeHeld()
    let result = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        executor.run {
          held?.run()
          let result = first(self)
          if case .failure = result { return continuation.resume(returning: result) }
          if self.hasRoom { return continuation.resume(returning: result) }
          switch self.sender.wait(id, continuation) {
          case .waiting: break
          case .cancelled: continuation.resume(returning: .failure(.cancelledWhileSending))
          case .occupied: continuation.resume(returning: .failure(.twoTasks("send")))
          }
        }
      }
    } onCancel: {
      executor.runSoon { self.sender.cancel(id)?.resume(returning: .failure(.cancelledWhileSending)) }
    }
    try result.get()
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
  private func noteOutbound(_ bytes: Int) {
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

  private func resumeOutput() {
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

/// A frame on its way from elsewhere to its stream's queue.
// SAFETY: immutable.
private final class FrameJob: LoopJob, @unchecked Sendable {
  private let frame: ByteBuffer
  private let stream: TransportStream
  private let first: (@Sendable () -> Void)?

  init(_ frame: ByteBuffer, on stream: TransportStream, behind first: (@Sendable () -> Void)? = nil) {
    self.frame = frame
    self.stream = stream
    self.first = first
  }

  override func run() {
    first?()
    stream.take(frame)
  }
}
