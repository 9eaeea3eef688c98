// One call at the client, from its start to the status.
import FreshetCore
import FreshetHTTP
import FreshetText
import FreshetTransport
import NIOCore
import Synchronization

/// Connects its attempts and its caller: it has the deadline, the interceptors, the receiver, and the stream, which
/// keeps what was sent for another attempt. It is its own first attempt, and is reused for a retry when a server did
/// not process it. Its channel and its stream retain it while it runs.
//
// Written once, and only read afterwards, are `compression`, before the reader has the first message; `request`, before
// `wasOpened` is set; `requestsFailure`, before the caller learns of the end; and `beginning`, which the caller writes
// before it submits the call to the loop.
// SAFETY: all else in `mutable` belongs to the loop of `stream.executor`; `isGivenUp` is atomic.
final class ClientCall: CallAttempt, WaitingCall, TimerTarget, @unchecked Sendable {
  let core: ChannelCore
  private let contentSubtype: String
  let kind: MethodKind
  private let idempotency: Idempotency
  @exclusivity(unchecked) var mutable: Mutable
  /// nil where the channel has no observers.
  let observation: ClientCallObservation?
  /// Whether the request's headers were sent, for the producer: it takes no element of the caller's sequence before, so
  /// that a call that finds no server has consumed nothing. Also for any sender, where interceptors may still change
  /// how requests are compressed. nil if nothing waits for it.
  private let wasOpened: OneShot<Bool>?
  private let isGivenUp = Atomic(false)

  struct Mutable {
    var request: ClientCallRequest
    fileprivate var beginning: Beginning?
    /// The compression of the server's messages.
    fileprivate(set) var compression: Compression?
    /// Whether the only request of a unary call is compressed. Written where the request is framed.
    var isRequestCompressed = false
    /// The error thrown by the requests, if that has ended the call. The caller reads it after the end.
    fileprivate(set) var requestsFailure: (any Error)?
    var state = ClientCallState.created
    fileprivate var receiver: ResponseReceiver?
    /// The outcome of a call that was cancelled before it started.
    fileprivate var endBeforeStart: CallEnd?
    fileprivate var retries = TransparentRetries()
    var deadline: CallDeadline?
    fileprivate var timer: TimerID?
    var interceptors = InterceptorState()
    /// Runs the interceptors before the call is sent.
    fileprivate var opener: Task<Void, Never>?
    /// Sends the requests of a streaming method.
    fileprivate var producer: Task<Void, Never>?

    fileprivate init(_ request: ClientCallRequest) { self.request = request }
  }

  init<Request, Response>(
    _ core: ChannelCore, _ method: MethodDescriptor<Request, Response>, _ options: CallOptions, hasProducer: Bool
  ) {
    wasOpened = hasProducer || !core.options.interceptors.isEmpty ? OneShot() : nil
    self.core = core
    contentSubtype = core.options.format ?? method.requestCodec.contentSubtype
    kind = method.kind
    idempotency = method.idempotency
    let request = ClientCallRequest(method: method.path, options: options)
    mutable = Mutable(request)
    observation = .of(request, core.options.observers, at: core.executor.time)
    let stream = TransportStream(
      executor: core.executor, maxMessageBytes: options.maxReceiveMessageBytes ?? core.options.maxReceiveMessageBytes,
      canRewind: true)
    super.init(stream, method: method.path, core.options.compressions)
    mutable.deadline = CallDeadline(timeout: options.timeout, inherited: .current, now: core.executor.time)
  }

  var request: ClientCallRequest { mutable.request }
  var compression: Compression? { mutable.compression }
  var requestsFailure: (any Error)? { mutable.requestsFailure }
  var waitsForReady: Bool { mutable.request.options.waitForReady ?? false }
  var hasInterceptors: Bool { !core.options.interceptors.isEmpty }
  /// The options as the interceptors left them, once the call is open.
  var options: CallOptions { mutable.request.options }
  var maxReceiveMessageBytes: Int {
    mutable.request.options.maxReceiveMessageBytes ?? core.options.maxReceiveMessageBytes
  }

  // MARK: From the caller, on any thread

  /// Starts the call.
  /// - Parameters:
  ///   - only: the request of a method that takes one; nil for a stream, which `send` feeds.
  ///   - producer: the task that feeds it, if the call should own one.
  func start(_ receiver: ResponseReceiver, only: OnlyRequest?, producer: Task<Void, Never>? = nil) {
    if stream.executor.isShutDown { return endWithoutLoop(receiver, producer) }
    mutable.beginning = Beginning(receiver: receiver, only: only, producer: producer)
    stream.executor.run(self)
    guard hasInterceptors else { return }
    // Created here, so that interceptors see the caller's task-locals; and not earlier, so that the call has begun when
    // they finish.
    let opener = Task { await self.runInterceptors(before: only) }
    stream.executor.run {
      if self.mutable.state == .buffering { self.mutable.opener = opener } else { opener.cancel() }
    }
  }

  /// Ends a call that is not started, since its request cannot be encoded.
  func endUnstarted(_ error: RPCError) {
    observation?.callEnded(CallEnd(error: error, trailers: [:]), at: stream.executor.time)
  }

  /// Nothing runs on the loop any more, so this cannot race with it.
  private func endWithoutLoop(_ receiver: ResponseReceiver, _ producer: Task<Void, Never>?) {
    producer?.cancel()
    wasOpened?.set(false)
    mutable.receiver = receiver
    tell(CallEnd(error: .loopIsShutDown, trailers: [:]))
  }

  /// What the caller passes to the loop.
  fileprivate struct Beginning {
    let receiver: ResponseReceiver
    let only: OnlyRequest?
    let producer: Task<Void, Never>?
  }

  /// Cancels the call: RST_STREAM(CANCEL), and `error` for the caller. From here on its reader gets nothing more,
  /// neither received messages nor the end of a completed call.
  func cancel(_ error: RPCError) {
    isGivenUp.store(true, ordering: .releasing)
    stream.executor.run {
      self.finish(error)
      self.stream.fail(error)
    }
  }

  /// Whether `cancel` was called.
  var wasGivenUp: Bool { isGivenUp.load(ordering: .acquiring) }

  /// Ends the call with `error`, unless it has already ended.
  func fail(_ error: RPCError) {
    stream.executor.run { self.finish(error) }
  }

  /// Ends the call with the error thrown by its requests, unless it has already ended: an `RPCError` becomes its
  /// outcome, any other error the cause.
  func failRequests(_ error: any Error) {
    stream.executor.run {
      if self.mutable.state == .finished { return }
      self.mutable.requestsFailure = error
      self.finish(error as? RPCError ?? .requestsFailed(error, of: self.method))
    }
  }

  /// Waits until the request's headers were sent; false if the call ended before.
  func waitUntilOpen() async -> Bool { await wasOpened?.wait() ?? false }

  // MARK: Starting

  /// Begins the call.
  override func run() {
    assert(stream.executor.isCurrent)
    guard let beginning = mutable.beginning.take() else { return }
    mutable.receiver = beginning.receiver
    guard mutable.state.start() else {
      beginning.producer?.cancel()
      return tell(mutable.endBeforeStart ?? CallEnd(error: .callWasCancelled, trailers: [:]))
    }
    mutable.producer = beginning.producer
    if case .framed(let frame) = beginning.only { enqueue(frame) }
    setTimer()
    if !hasInterceptors { connect() }
  }

  /// Queues the one request of a method that takes one.
  func enqueue(_ frame: ByteBuffer) {
    do throws(RPCError) { try stream.enqueue(frame) } catch { return finish(error) }
    stream.finish()
  }

  /// Starts an attempt.
  func connect() {
    assert(stream.executor.isCurrent)
    guard mutable.state == .buffering else { return }
    do throws(RPCError) {
      try mutable.request.options.metadata.validate()
    } catch {
      return finish(error)
    }
    core.want(self)
  }

  /// Starts an attempt on a connection of another loop.
  /// - Parameter picker: the number of the picker that chose it.
  func relay(to connection: SubchannelConnection, pickedBy picker: UInt64) {
    assert(stream.executor.isCurrent)
    guard attempt.state.open() else { return }
    if let error = stream.refusalBehindEnd { return finish(error) }
    RelayedAttempt(self, on: connection, pickedBy: picker).begin()
  }

  /// That connection takes no more calls.
  func pickedInVain(by picker: UInt64) {
    if attempt.state.renew() { core.want(self, after: picker) }
  }

  override func requestHead() throws(RPCError) -> HeaderFields {
    let options = core.options, metadata = mutable.request.options.metadata
    if let wire = options.wire { return try requestHead(head, in: wire) }
    let deadline = mutable.deadline
    let isPlain = mutable.request.options.compression == nil && (metadata.isEmpty || metadata["user-agent"] == nil)
    if isPlain, deadline == nil {
      return try core.mutable.plainHeads.head(
        path: method, contentSubtype: contentSubtype, timeout: nil, metadata: metadata, options)
    }
    let given = deadline?.timeoutAsGiven(now: stream.executor.now)
    if isPlain, let given {
      return try core.mutable.timedHeads.head(
        path: method, contentSubtype: contentSubtype, timeout: given, metadata: metadata, options)
    }
    return try head.fields(on: stream.executor)
  }

  /// The parts of the request's head.
  var head: RequestHead {
    RequestHead(
      request: request, contentSubtype: contentSubtype, kind: kind, idempotency: idempotency,
      isRequestCompressed: mutable.isRequestCompressed, deadline: mutable.deadline, channel: core.options)
  }

  func setTimer() {
    cancelTimer()
    guard let deadline = mutable.deadline else { return }
    // Not the turn's time, by which an expired deadline may seem to be ahead.
    let executor = stream.executor, now = executor.time, time = deadline.deadline.nioDeadline
    if time <= now { return timerFired() }  // a timer might fire only after a response
    mutable.timer = executor.timers.set(self, at: time, now: now)
  }

  private func cancelTimer() {
    if let timer = mutable.timer.take() { stream.executor.timers.cancel(timer) }
  }

  func timerFired() {
    assert(stream.executor.isCurrent)
    mutable.timer = nil
    finish(.deadlinePassed(method))
  }

  // MARK: From its attempt

  override func attemptOpened(to peer: @autoclosure () -> String) {
    observation?.attemptBegan(on: peer())
    wasOpened?.set(true)
  }

  override func attemptLostSubchannel() { core.want(self) }

  override func attemptReceivedHead(_ metadata: Metadata, _ compression: Compression?) {
    assert(stream.executor.isCurrent)
    guard mutable.state.commit() else { return }
    mutable.compression = compression
    switch mutable.receiver {
    case .single(let response): response.receive(metadata)
    case .stream(let signals): signals.head.set(.success(metadata))
    case nil: break
    }
  }

  override func attemptReceivedData() {
    guard case .single(let response) = mutable.receiver else { return }
    do throws(RPCError) {
      try response.collect(from: stream, method: method)
    } catch {
      finish(error)
    }
  }

  override func attemptEnded(_ end: AttemptEnd) {
    assert(stream.executor.isCurrent)
    switch end {
    case .status(let error, let trailers):
      observation?.attemptEnded(error)
      stream.endInbound(throwing: error)
      conclude(CallEnd(error: error, trailers: trailers))
    case .cut(let error):
      stream.spoilEnd(throwing: error)
      conclude(CallEnd(error: error, trailers: [:]))
    case .closed(let end, let connectionError, let wasAnswered):
      observation?.attemptEnded(.of(end, connectionError: connectionError))
      // The server has not processed it: the call is retried transparently (C6).
      if !wasAnswered, mutable.retries.allow(after: end), stream.rewind(), attempt.state.renew() {
        return core.want(self)
      }
      let rest = mutable.deadline?.deadline.remaining(now: stream.executor.time)
      let isLate = rest.map { $0 <= .zero } ?? false
      finish(.of(end, connectionError: connectionError, lateMethod: isLate ? method : nil))
    case .failed(let error, let code): finish(error, code)
    }
  }

  override func refuseMessage(_ error: RPCError) { finish(error) }

  // MARK: The end

  /// Ends the call before its status arrives: RST_STREAM if it was sent.
  func finish(_ error: RPCError, _ code: ErrorCode = .cancel) {
    assert(stream.executor.isCurrent)
    guard mutable.state != .finished else { return }
    stream.reset(code, error: error)
    conclude(CallEnd(error: error, trailers: error.metadata))
  }

  private func conclude(_ end: CallEnd) {
    let step = mutable.state.finish()
    switch step {
    case .ignore: return
    case .tell: break
    case .keepForStart: mutable.endBeforeStart = end
    }
    if attempt.state == .waiting, case .tell = step { core.forget(self) }
    _ = attempt.state.end()
    cancelTimer()
    mutable.opener?.cancel()
    mutable.producer?.cancel()
    wasOpened?.set(false)
    mutable.opener = nil
    mutable.producer = nil
    stream.endOutbound(throwing: end.error ?? .callHasEnded)
    if case .tell = step { tell(end) }
  }

  private func tell(_ end: CallEnd) {
    var end = end
    if case .single(let response) = mutable.receiver { response.finish(&end, from: stream, method: method) }
    observation?.callEnded(end, at: stream.executor.time)
    switch mutable.receiver {
    case .single(let response): response.tell(end)
    case .stream(let signals):
      // A peer's status without headers is a response without initial metadata; a local error is no response.
      if let error = end.error, error.origin == .local { signals.head.set(.failure(error)) }
      signals.head.set(.success([:]))
      signals.end.set(end)
    case nil: break
    }
    mutable.receiver = nil
    if hasInterceptors { interceptorsSee(end.error) }
  }
}

extension RPCError {
  static let callWasCancelled = RPCError(code: .cancelled, message: "the call was cancelled")
  static let callHasEnded = RPCError(code: .cancelled, message: "the server has ended the call")

  /// An error thrown by a stream of requests is not a status: UNKNOWN, like a handler's error for its client.
  static func requestsFailed(_ error: any Error, of method: String) -> RPCError {
    RPCError(
      code: error is CancellationError ? .cancelled : .unknown,
      message: "the requests of \(method) ended with an error: \(error)", cause: error)
  }
}
