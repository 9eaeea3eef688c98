// One call at the client: from its start to the status.
import FreshetCore
import FreshetHTTP
import FreshetText
import FreshetTransport
import NIOCore
import Synchronization

/// Brings a stream and its caller together. Its channel and its stream retain it while it runs.
// SAFETY: mutable state belongs to the loop of `stream.executor`, but for three things that are written once there and
// only read afterwards: `compression`, before the reader has the first message; `request`, before `wasOpened` is set;
// `requestsFailure`, before the caller is told the end; and for `beginning`, which the caller writes before the loop is given the call. `isGivenUp` is atomic.
final class ClientCall: LoopJob, TransportStreamDelegate, WaitingCall, TimerTarget, @unchecked Sendable {
  let stream: TransportStream
  let method: String
  private let contentSubtype: String
  private let core: ChannelCore
  @exclusivity(unchecked) private(set) var request: ClientCallRequest
  @exclusivity(unchecked) private var state = ClientCallState.created
  @exclusivity(unchecked) private var beginning: Beginning?
  @exclusivity(unchecked) private var receiver: ResponseReceiver?
  /// The outcome of a call that was given up before it started.
  @exclusivity(unchecked) private var endBeforeStart: CallEnd?
  @exclusivity(unchecked) private var retries = TransparentRetries()
  @exclusivity(unchecked) private var deadline: CallDeadline?
  @exclusivity(unchecked) private var timer: TimerID?
  /// How the server compresses its messages.
  @exclusivity(unchecked) private(set) var compression: Compression?
  @exclusivity(unchecked) private var interimCount = 0
  private static let maxInterimCount = 100
  /// What the requests have thrown, if that has ended the call. The caller reads it behind the end.
  @exclusivity(unchecked) private(set) var requestsFailure: (any Error)?
  @exclusivity(unchecked) private var interceptors = InterceptorState()
  /// Runs the interceptors before the call is sent.
  @exclusivity(unchecked) private var opener: Task<Void, Never>?
  /// Sends the requests of a streaming method.
  @exclusivity(unchecked) private var producer: Task<Void, Never>?
  /// Whether the request's headers went out, for the producer: it takes nothing of the caller's sequence before, so
  /// that a call that finds no server has consumed nothing. And for any sender, where interceptors may still change how
  /// requests are compressed. nil where nobody waits for it.
  private let wasOpened: OneShot<Bool>?
  private let isGivenUp = Atomic(false)

  init<Request, Response>(
    _ core: ChannelCore, _ method: MethodDescriptor<Request, Response>, _ options: CallOptions, hasProducer: Bool
  ) {
    wasOpened = hasProducer || !core.options.interceptors.isEmpty ? OneShot() : nil
    self.core = core
    self.method = method.path
    contentSubtype = method.requestCodec.contentSubtype
    request = ClientCallRequest(method: method.path, options: options)
    stream = TransportStream(
      executor: core.executor, maxMessageBytes: options.maxReceiveMessageBytes ?? core.options.maxReceiveMessageBytes,
      canRewind: true)
    deadline = CallDeadline(timeout: options.timeout, inherited: .current, now: core.executor.time)
    super.init()
  }

  var waitsForReady: Bool { request.options.waitForReady ?? false }
  var hasInterceptors: Bool { !core.options.interceptors.isEmpty }
  /// As the interceptors left them, once the call was opened.
  var options: CallOptions { request.options }
  var maxReceiveMessageBytes: Int { request.options.maxReceiveMessageBytes ?? core.options.maxReceiveMessageBytes }

  // MARK: From the caller, on any thread

  /// Starts the call.
  /// - Parameters:
  ///   - only: the request of a method that takes one; nil for a stream, which `send` feeds.
  ///   - producer: the task that feeds it, if the call shall own one.
  func start(_ receiver: ResponseReceiver, only: OnlyRequest?, producer: Task<Void, Never>? = nil) {
    if stream.executor.isShutDown { return endWithoutLoop(receiver, producer) }
    beginning = Beginning(receiver: receiver, only: only, producer: producer)
    stream.executor.run(self)
    guard hasInterceptors else { return }
    // Made here, so that interceptors see the caller's task-locals; and only now, so that the call has begun when they
    // end.
    let opener = Task { await self.runInterceptors(before: only) }
    stream.executor.run {
      if self.state == .connecting { self.opener = opener } else { opener.cancel() }
    }
  }

  /// Nothing runs on the loop any more, so this cannot race with it.
  private func endWithoutLoop(_ receiver: ResponseReceiver, _ producer: Task<Void, Never>?) {
    producer?.cancel()
    wasOpened?.set(false)
    self.receiver = receiver
    tell(CallEnd(error: .loopIsShutDown, trailers: [:]))
  }

  /// What the caller gives the loop.
  private struct Beginning {
    let receiver: ResponseReceiver
    let only: OnlyRequest?
    let producer: Task<Void, Never>?
  }

  /// Gives the call up: RST_STREAM(CANCEL), and `error` for the caller. From here on its reader gets nothing more of what
  /// has come, not even the end of a call that is over.
  func cancel(_ error: RPCError) {
    isGivenUp.store(true, ordering: .releasing)
    stream.executor.run {
      self.finish(error)
      self.stream.fail(error)
    }
  }

  /// Whether `cancel` was called.
  var wasGivenUp: Bool { isGivenUp.load(ordering: .acquiring) }

  /// Ends the call with `error`, unless it has ended already.
  func fail(_ error: RPCError) {
    stream.executor.run { self.finish(error) }
  }

  /// Ends the call with what its requests have thrown, unless it has ended already: an `RPCError` is its outcome, of
  /// anything else it is the cause.
  func failRequests(_ error: any Error) {
    stream.executor.run {
      if self.state == .finished { return }
      self.requestsFailure = error
      self.finish(error as? RPCError ?? .requestsFailed(error, of: self.method))
    }
  }

  /// Waits until the request's headers went out; false when the call ended before.
  func waitUntilOpen() async -> Bool { await wasOpened?.wait() ?? false }

  // MARK: Starting

  /// Begins the call.
  override func run() {
    guard let beginning = beginning.take() else { return }
    receiver = beginning.receiver
    guard state.start() else {
      beginning.producer?.cancel()
      return tell(endBeforeStart ?? CallEnd(error: .callWasCancelled, trailers: [:]))
    }
    producer = beginning.producer
    if case .framed(let frame) = beginning.only { enqueue(frame) }
    setTimer()
    if !hasInterceptors { connect() }
  }

  /// Queues the one request of a method that takes one.
  private func enqueue(_ frame: ByteBuffer) {
    do throws(RPCError) { try stream.enqueue(frame) } catch { return finish(error) }
    stream.finish()
  }

  private func runInterceptors(before only: OnlyRequest?) async {
    var request = self.request
    var started = 0
    let outcome: Result<ByteBuffer?, RPCError>
    do {
      for interceptor in core.options.interceptors {
        try await interceptor.startCall(&request)
        started += 1
      }
      if case .encoded(let encoded) = only {
        outcome = .success(try Self.frame(encoded, request.options, method: method))
      } else {
        outcome = .success(nil)
      }
    } catch {
      outcome = .failure(
        error as? RPCError
          ?? RPCError(code: .internal, message: "an interceptor refused the call: \(error)", cause: error))
    }
    stream.executor.run { [request, started] in self.interceptorsEnded(request, started: started, outcome) }
  }

  private func interceptorsEnded(
    _ changed: ClientCallRequest, started: Int, _ outcome: Result<ByteBuffer?, RPCError>
  ) {
    interceptors.startsEnded(started)
    switch outcome {
    case .success(let frame): proceed(changed, frame)
    case .failure(let error): finish(error)
    }
    tellInterceptors()
  }

  private func proceed(_ changed: ClientCallRequest, _ frame: ByteBuffer?) {
    guard state == .connecting else { return }  // the call was given up meanwhile
    if let frame { enqueue(frame) }
    let timeout = changed.options.timeout
    if let timeout, timeout != request.options.timeout {
      deadline = CallDeadline(timeout: timeout, inherited: deadline?.deadline, now: stream.executor.time)
      setTimer()
    }
    request = changed
    stream.limitMessages(to: maxReceiveMessageBytes)
    connect()
  }

  private func connect() {
    guard state == .connecting else { return }
    do throws(RPCError) {
      try request.options.metadata.validate()
    } catch {
      return finish(error)
    }
    core.want(self)
  }

  /// What came of a call's way to a connection.
  enum Opening {
    /// It runs, or has ended.
    case done
    /// The connection takes no more calls, for this reason.
    case wantsAnother(TransportError)
  }

  /// The channel has a connection with room for the call.
  func open(on connection: Connection) -> Opening {
    guard state.open() else { return .done }
    if let error = stream.refusalBehindEnd {
      finish(error)
      return .done
    }
    let fields: HeaderFields
    do throws(RPCError) {
      fields = try head()
    } catch {
      finish(error)
      return .done
    }
    stream.delegate = self
    do throws(TransportError) {
      try connection.open(stream, fields)
      wasOpened?.set(true)
    } catch {
      stream.delegate = nil
      if case .noMoreStreams = error.kind, state.reopen() { return .wantsAnother(error) }
      finish(.unsendable(error))
    }
    return .done
  }

  private func head() throws(RPCError) -> HeaderFields {
    let options = core.options, metadata = request.options.metadata
    let isPlain = request.options.compression == nil && (metadata.isEmpty || metadata["user-agent"] == nil)
    if isPlain, deadline == nil {
      return try core.plainHeads.head(
        path: method, contentSubtype: contentSubtype, timeout: nil, metadata: metadata, options)
    }
    let given = deadline?.timeoutAsGiven(now: stream.executor.now)
    if isPlain, let given {
      return try core.timedHeads.head(
        path: method, contentSubtype: contentSubtype, timeout: given, metadata: metadata, options)
    }
    return try RequestFields.head(
      path: method, authority: options.authority, scheme: options.scheme, contentSubtype: contentSubtype,
      timeout: given ?? deadline?.deadline.remaining(now: stream.executor.time),
      encoding: request.options.compression?.name,
      acceptEncoding: options.compressions.acceptEncoding, metadata: metadata)
  }

  private func setTimer() {
    cancelTimer()
    guard let deadline else { return }
    // Not the turn's time, by which a deadline that has passed may seem to be ahead.
    let executor = stream.executor, now = executor.time, time = deadline.deadline.nioDeadline
    if time <= now { return timerFired() }  // by a timer it might end after an answer
    timer = executor.timers.set(self, at: time, now: now)
  }

  private func cancelTimer() {
    guard let timer else { return }
    self.timer = nil
    stream.executor.timers.cancel(timer)
  }

  func timerFired() {
    timer = nil
    finish(.deadlinePassed(method))
  }

  // MARK: From the stream

  func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool) {
    guard state != .finished else { return }  // our reset and the server's headers may cross
    if section.isTruncated {
      return finish(
        RPCError(code: .resourceExhausted, message: "the response's headers exceed the limit (maxHeaderListBytes)"))
    }
    let head = ResponseHead.read(section)
    if endStream { return receiveTrailers(head) }
    if head.isInterim { return receiveInterim() }
    if state == .receiving { return }
    stream.commit()
    receive(head)
  }

  /// 1xx are skipped (C2), but not without end: neither a hint nor a sign of life comes a hundred times.
  private func receiveInterim() {
    interimCount += 1
    stream.bear(.interimResponses)
    if interimCount <= Self.maxInterimCount { return }
    let message = "the server sent more than \(Self.maxInterimCount) interim responses (1xx) to \(method), and no other"
    finish(RPCError(code: .internal, message: message), .enhanceYourCalm)
  }

  private func receive(_ head: ResponseHead) {
    if let error = head.errorOfHead() { return finish(error) }
    if let encoding = head.encoding, encoding != "identity" {
      guard let known = core.options.compressions[encoding] else {
        let message = "the server compresses with “\(printable(encoding))”, which this client does not know"
        return finish(RPCError(code: .internal, message: message))
      }
      compression = known
    }
    guard state.receiveHead() else { return }
    switch receiver {
    case .single(let response): response.metadata = head.metadata
    case .stream(let signals): signals.head.set(.success(head.metadata))
    case nil: break
    }
  }

  private func receiveTrailers(_ trailers: ResponseHead) {
    let error = trailers.errorOfTrailers(isTrailersOnly: state == .awaitingHead)
    stream.endInbound(throwing: error)
    conclude(CallEnd(error: error, trailers: trailers.metadata))
  }

  func receiveData() {
    guard case .single(let response) = receiver else { return }
    do throws(RPCError) {
      try response.collect(from: stream, method: method)
    } catch {
      finish(error)
    }
  }

  func receiveEndStream() {
    if state != .finished {
      // END_STREAM without trailers: what came before it is still the caller's.
      let error = RPCError.of(.ended, connectionError: nil)
      stream.spoilEnd(throwing: error)
      conclude(CallEnd(error: error, trailers: [:]))
    }
    stream.stopSending()
  }

  func receiveClose(_ end: StreamEnd, connectionError: TransportError?) {
    // The server has not processed it: the call goes elsewhere, and nobody need know (C6).
    if state == .awaitingHead, retries.allow(after: end), stream.rewind(), state.reopen() { return core.want(self) }
    let isLate = deadline.map { $0.deadline.remaining(now: stream.executor.time) <= .zero } ?? false
    finish(.of(end, connectionError: connectionError, lateMethod: isLate ? method : nil))
  }

  func refuseMessage(_ error: RPCError) { finish(error) }

  // MARK: The end

  /// Ends the call before its status came: RST_STREAM if it was sent.
  func finish(_ error: RPCError, _ code: ErrorCode = .cancel) {
    guard state != .finished else { return }
    stream.reset(code, error: error)
    conclude(CallEnd(error: error, trailers: error.metadata))
  }

  private func conclude(_ end: CallEnd) {
    switch state.finish() {
    case .ignore: return
    case .tellAndForget: core.forget(self)
    case .tell: break
    case .keepForStart: endBeforeStart = end
    }
    cancelTimer()
    opener?.cancel()
    producer?.cancel()
    wasOpened?.set(false)
    opener = nil
    producer = nil
    stream.endOutbound(throwing: end.error ?? .callHasEnded)
    if endBeforeStart == nil { tell(end) }
  }

  private func tell(_ end: CallEnd) {
    var end = end
    switch receiver {
    case .single(let response):
      if end.error == nil {
        do throws(RPCError) { try response.collect(from: stream, method: method) } catch { end.error = error }
      }
      response.finish(end, method: method)
    case .stream(let signals):
      // A peer's status without headers is an answer that has no initial metadata; a local error is none.
      if let error = end.error, error.origin == .local { signals.head.set(.failure(error)) }
      signals.head.set(.success([:]))
      signals.end.set(end)
    case nil: break
    }
    receiver = nil
    guard hasInterceptors else { return }
    interceptors.callEnded(end.error)
    tellInterceptors()
  }

  private func tellInterceptors() {
    guard case .tell(let count, let error) = interceptors.takeEnd() else { return }
    for interceptor in core.options.interceptors.prefix(count).reversed() { interceptor.endCall(request, error: error) }
  }
}

extension RPCError {
  static let callWasCancelled = RPCError(code: .cancelled, message: "the call was cancelled")
  static let callHasEnded = RPCError(code: .cancelled, message: "the server has ended the call")

  /// What a stream of requests has thrown is no status: UNKNOWN, as what a handler throws is for its client.
  static func requestsFailed(_ error: any Error, of method: String) -> RPCError {
    RPCError(
      code: error is CancellationError ? .cancelled : .unknown,
      message: "the requests of \(method) ended with an error: \(error)", cause: error)
  }
}
