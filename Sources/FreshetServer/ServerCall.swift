// One call at the server: from the request's headers to the status.
import FreshetCore
import FreshetHTTP
import FreshetText
import FreshetTransport
import Logging
import NIOCore
import Synchronization

/// Brings a stream and a handler together. The stream retains it until the stream closes, the handler's task until it
/// ends.
// SAFETY: mutable state belongs to `stream.executor`'s loop, except `shared`, which has a lock, and what is written
// before the handler's task starts and only read afterwards: `head`, `request`, `deadline`. `intake`
// belongs to the handler's task.
final class ServerCall: LoopWork, TransportStreamDelegate, TimerTarget, TurnEndTarget, @unchecked Sendable {
  /// What the handler, wherever it runs, shares with the loop.
  struct Shared {
    var metadata: Metadata = Metadata()
    /// What the response's head says, from the moment on that something behind it was handed over.
    var headMetadata: Metadata?
    var trailers: Metadata = Metadata()
    var requestMetadata: Metadata?
    var requestID: String?
    var encoding = ResponseEncoding.wanted(nil)
    var compressesResponses = true
    var lastRequestWasCompressed = false
    /// Why the call is over before its handler, which is cancelled.
    var end: RPCError?

    /// Changes of `metadata` and `encoding` have no effect on the head any more.
    mutating func settleHead(for head: RequestHead?) {
      if headMetadata == nil { headMetadata = metadata }
      _ = encoding.settle(for: head)
    }
  }

  let stream: TransportStream
  let shared = Mutex(Shared())
  /// Whether anybody has asked for compressed responses: until then a response is not delayed by `shared`'s lock.
  let mayCompress = Atomic(false)
  /// Whether a handler away from the loop has handed the head over.
  let isHeadHandedOver = Atomic(false)
  let connection: ServerConnection
  @exclusivity(unchecked) private(set) var state = ServerCallState.awaitingHead
  @exclusivity(unchecked) private(set) var head: RequestHead?
  @exclusivity(unchecked) var request: MessageDeframer.Message?
  /// Whether `decompressRequest` has to be called before `decodeRequest`.
  @exclusivity(unchecked) private(set) var hasCompressedRequest = false
  /// Of the one request of a method that takes one.
  @exclusivity(unchecked) var intake = RequestIntake()
  @exclusivity(unchecked) private(set) var deadline: Deadline?
  @exclusivity(unchecked) private var deadlineTimer: TimerID?
  @exclusivity(unchecked) var isHeadSent = false
  @exclusivity(unchecked) private var runsInGlobalPool = false
  @exclusivity(unchecked) private var task: Task<Void, Never>?
  /// Whether the handler is to begin, and waits for its turn.
  @exclusivity(unchecked) private var isInLine = false
  @exclusivity(unchecked) private var pretendedMethod: String?

  init(_ stream: TransportStream, _ connection: ServerConnection) {
    self.stream = stream
    self.connection = connection
    super.init()
    if let compression = options.compression { responseCompression = compression }
  }

  var options: ServerOptions { connection.options }

  /// For a call that never came.
  func pretend(_ method: String, _ metadata: Metadata, _ deadline: Deadline?) {
    shared.withLock { $0.requestMetadata = metadata }
    pretendedMethod = method
    self.deadline = deadline
  }

  var isDraining: Bool { connection.isDraining }
  func waitForDrain() async { await connection.waitForDrain() }

  var method: String { head?.route.handler.path ?? pretendedMethod ?? "" }
  var peer: String { connection.peer }
  var peerCertificateDER: [UInt8]? { connection.peerCertificateDER }

  var metadata: Metadata {
    get {
      shared.withLock { shared in
        if let known = shared.requestMetadata { return known }
        let made = head?.makeMetadata() ?? Metadata()
        shared.requestMetadata = made
        return made
      }
    }
    set { shared.withLock { $0.requestMetadata = newValue } }
  }

  // MARK: From the stream

  func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool) {
    guard case .awaitingHead = state else { return }  // a client's trailers mean nothing in gRPC
    do throws(RequestHead.Refusal) {
      let head = try readHead(section, timeout)
      let duration = try RequestHead.duration(timeout)
      self.head = head
      begin(head, timeout: duration)
    } catch {
      refuse(error)
    }
  }

  /// What the section says, read when it comes for the first time.
  private func readHead(
    _ section: HeaderSection, _ timeout: UnsafeRawBufferPointer?
  ) throws(RequestHead.Refusal) -> RequestHead {
    if let known = section.reading as? RequestHead { return known }
    let head = try RequestHead(
      section, timeout: timeout, router: options.router, compressions: options.compressions)
    section.reading = head
    return head
  }

  private func begin(_ head: RequestHead, timeout: Duration?) {
    if connection.memoryBudget.isExhausted { return abort(.serverIsFull) }
    if let timeout {
      if timeout <= .zero { return abort(.deadlineHasPassed) }
      setDeadline(after: timeout)
    }
    switch head.route.handler.kind {
    case .unary, .serverStreaming: state = .collecting(hasMessage: false)
    case .clientStreaming, .bidirectional:
      state = .running
      start(head.route)
    }
  }

  private func refuse(_ refusal: RequestHead.Refusal) {
    guard case .send = beginAnswer() else { return }
    isHeadSent = true
    switch refusal {
    case .http(let status, let hasBody): answerHTTP(status, hasBody: hasBody)
    case .rpc(let status, let accepting):
      stream.sendResponseOnly(ResponseFields.trailersOnly(status, accepting: accepting))
      stream.fail(.callWasRefused)
    }
  }

  /// Answers what is not gRPC, and awaits its end for a while: a client that does not know S12 might take a reset for a
  /// failure, and what breaks a rule of HTTP/2 in the rest of the request is to be judged as that.
  private func answerHTTP(_ status: Int, hasBody: Bool) {
    let executor = stream.executor, now = executor.now
    let body = hasBody ? ByteBuffer(string: ResponseFields.httpBody) : nil
    stream.sendRefusal(ResponseFields.http(status: status), body: body, error: .callWasRefused)
    deadlineTimer = executor.timers.set(self, at: now + TimeAmount(options.connection.lingerTimeout), now: now)
  }

  func receiveData() {
    if case .collecting = state { collect(isEnd: false) }
  }

  /// Calls are begun again, see `ServerConnection.isPaused`.
  func receiveResume() {
    if case .collecting = state { stream.giveBackPartialMessage() }
  }

  func receiveEndStream() {
    if case .collecting = state { collect(isEnd: true) }
  }

  /// Smaller messages are not worth counting while they wait for their handler.
  private static let leastHeldBytes = 4096

  /// Takes what has come of the one request of a method that takes one.
  private func collect(isEnd: Bool) {
    while case .collecting = state {
      switch stream.poll() {
      case .wait:
        if !connection.isPaused { stream.giveBackPartialMessage() }
        return
      case .failure(let error): return answer(error.status)
      case .message(let message):
        if case .tooMany = state.receiveMessage() {
          return answer(.unimplemented("more than one request came for \(method), which takes one"))
        }
        keep(message)
        if !isEnd, !stream.hasUnreadBytes { return }
      case .end:
        switch state.finishCollecting() {
        case .noMessage: return answer(.unimplemented("no request came for \(method), which takes one"))
        case .ignore: return
        case .start: if let head { start(head.route) }
        }
      }
    }
  }

  private func keep(_ message: consuming MessageDeframer.Message) {
    let byteCount = message.payload.readableBytes
    hasCompressedRequest = message.isCompressed
    request = consume message
    if byteCount >= Self.leastHeldBytes { stream.hold(byteCount) }
  }

  func receiveClose(_ end: StreamEnd, connectionError: TransportError?) {
    cancelDeadline()
    guard case .send = beginAnswer() else { return cancelTask() }
    let error =
      switch end {
      case .resetByPeer(let code): RPCError(code: .cancelled, message: "the client reset the call (\(code))")
      case .resetByUs(let code): RPCError(code: .cancelled, message: "the client broke a rule of HTTP/2 (\(code))")
      case .connectionLost, .unprocessed, .unsent, .leftOver, .ended:
        RPCError(
          code: .cancelled, message: "the connection was lost: \(connectionError?.message ?? "it ended")",
          cause: connectionError)
      }
    cancel(error)
  }

  /// A task of the handler has sent a message behind the handler's end, and was told that all is well. The status may be
  /// on its way, so this may come too late for the client.
  func refuseMessage(_ error: RPCError) {
    log(.responseLost, reason: "\(error)")
    stream.reset(.internalError, error: error)
  }

  // MARK: The handler's task

  /// Whether the call was answered or given up; on the loop.
  var isOver: Bool {
    if case .answered = state { true } else { false }
  }

  var isCancelled: Bool { shared.withLock { $0.end != nil } }

  private func start(_ route: Route) {
    connection.taskStarted()
    runsInGlobalPool = route.usesGlobalPool
    isInLine = true
    // The task that runs the call keeps it alive until the handler has ended; `connection` counts it and its drain waits for
    // it.
    connection.start(self)
  }

  /// Called in a task of the loop, whose task-locals the pool's task inherits.
  @inline(never)  // within `run`, each call would pay an allocation for it
  private func startInGlobalPool() {
    task = Task {
      let thrown = self.isCancelled ? nil : await self.invoke()
      self.stream.executor.run { self.ended(thrown) }
    }
  }

  override func run(in task: Task<Void, Never>) async {
    // The client has gone, or the deadline has passed, while the call waited for its turn.
    if isOver { return connection.taskEnded() }
    isInLine = false
    if runsInGlobalPool { return startInGlobalPool() }
    self.task = task
    let thrown = await invoke()
    stream.catchUp()  // what other tasks of the handler have sent comes before its end
    ended(thrown)
  }

  override func heldLoop(_ hold: Hold) {
    guard let route = head?.route else { return }
    if hold.time >= .milliseconds(100), route.pace.isFirstLongHold() {
      options.logger.warning(
        "a handler held its event loop; other calls waited for it",
        metadata: ["method": "\(method)", "time": "\(hold.time)", "remedy": "handlerExecution = .globalPool"])
    }
    guard route.handler.execution == .automatic, route.pace.hold(at: .now(), isCertain: hold.isCertain) else { return }
    options.logger.warning(
      "handlers of a method have held their event loop twice in a minute; from now on they run in the global pool",
      metadata: ["method": "\(method)", "time": "\(hold.time)", "setting": "handlerExecution = .automatic"])
  }

  /// - Returns: what the handler has thrown.
  @inline(__always)  // a frame less
  private func invoke() async -> (any Error)? {
    guard let route = head?.route else { return nil }
    let scope = deadline.map { DeadlineScope($0) }
    defer { scope?.end() }
    do {
      if let scope, route.interceptors.isEmpty {
        // Not by way of `intercepted`, which would be one more frame and change between functions.
        try await Deadline.$scope.withValue(scope) { try await route.handler.invoke(ServerContext(call: self)) }
      } else if let scope {
        try await Deadline.$scope.withValue(scope) { try await self.intercepted(route) }
      } else if route.interceptors.isEmpty {
        try await route.handler.invoke(ServerContext(call: self))
      } else {
        try await intercepted(route)
      }
      return nil
    } catch {
      return error
    }
  }

  private func ended(_ thrown: (any Error)?) {
    handlerEnded(thrown)
    connection.taskEnded()
  }

  private func intercepted(_ route: Route) async throws {
    try await intercept(route, route.interceptors[...], ServerContext(call: self))
  }

  private func intercept(
    _ route: Route, _ interceptors: ArraySlice<any ServerInterceptor>, _ context: ServerContext
  ) async throws {
    guard let first = interceptors.first else { return try await handle(route, context) }
    try await first.intercept(context) { context in
      try await self.intercept(route, interceptors.dropFirst(), context)
    }
  }

  /// The handler, whose outcome is the call's: where that has ended before, interceptors learn why, whatever the handler
  /// made of its cancellation.
  private func handle(_ route: Route, _ context: ServerContext) async throws {
    let result: Result<Void, any Error>
    do {
      result = .success(try await route.handler.invoke(context))
    } catch {
      result = .failure(error)
    }
    if let end = shared.withLock({ $0.end }) { throw end }
    try result.get()
  }

  private func handlerEnded(_ thrown: (any Error)?) {
    task = nil
    switch thrown {
    case nil: answer(.ok)
    case let error as RPCError where error.code == .ok:
      answer(Status(code: .internal, message: "the handler threw the status OK"))
    case let error as RPCError: answer(error)
    case is CancellationError: answer(Status(code: .cancelled, message: "the handler was cancelled"))
    case let error?:
      // What a stranger's error says may be meant for nobody outside, so only the log has it (S13).
      log(.handlerFailed, reason: singleLine("\(error)"))
      answer(Status(code: .unknown, message: "the handler failed"))
    }
  }

  /// What a handler throws may be the error of a call that it made itself: its code, message and details go on, but not
  /// the other server's trailers, nor addresses that are nobody's business outside.
  private func answer(_ error: RPCError) {
    if case .answered = state { return }  // the call's own end, which the handler has let through
    var status = error.status
    if error.origin == .local, error.cause is TransportError {
      log(.callOfHandlerFailed, reason: "\(error)")
      status.message = "a call that the handler made has failed"
    }
    answer(status, details: error.details, metadata: error.origin == .local ? error.metadata : Metadata())
  }

  // MARK: The end

  private func beginAnswer() -> ServerCallState.OnAnswer {
    if case .collecting = state { request = nil }  // no handler takes it
    return state.answer()
  }

  private func setDeadline(after timeout: Duration) {
    let executor = stream.executor, now = executor.now
    let deadline = Deadline.after(timeout, now: now)
    self.deadline = deadline
    deadlineTimer = executor.timers.set(self, at: deadline.nioDeadline, now: now)
  }

  private func cancelDeadline() {
    guard let timer = deadlineTimer else { return }
    deadlineTimer = nil
    stream.executor.timers.cancel(timer)
  }

  func timerFired() {
    deadlineTimer = nil
    if stream.outlivesAnswer { return stream.reset(.noError, error: .callWasRefused) }
    if case .answered = state { return stream.reset(.cancel, error: .deadlineHasPassed) }  // the client takes no answer
    abort(.deadlineHasPassed)
  }

  /// Answers at once, whatever the handler does; its task is cancelled and its later sends throw.
  func abort(_ error: RPCError) {
    guard case .send = beginAnswer() else { return }
    if isHeadSent {
      stream.abort(trailers: ResponseFields.trailers(error.status), error: error)
    } else {
      isHeadSent = true
      stream.sendResponseOnly(ResponseFields.trailersOnly(error.status))
    }
    cancel(error)
  }

  private func answer(_ status: Status, details: [UInt8]? = nil, metadata: Metadata = Metadata()) {
    if status.code == .ok { sendHead() }
    guard case .send = beginAnswer() else { return }
    if isHeadSent, status == .ok, metadata.isEmpty, shared.withLock({ $0.trailers.isEmpty }) {
      return stream.finish(trailers: ResponseFields.plainOK)
    }
    var (initial, trailers) = shared.withLock { ($0.headMetadata ?? $0.metadata, $0.trailers) }
    trailers.add(contentsOf: metadata)
    if !isHeadSent {
      initial.add(contentsOf: trailers)
      trailers = initial
    }
    dropInvalid(&trailers)
    var end = ResponseEnd(status: status, details: details, metadata: trailers, isTrailersOnly: !isHeadSent)
    let maxBytes = stream.maxPeerHeaderListBytes
    let (fields, loss) = end.fit(maxBytes: maxBytes)
    if let loss { logCut(.statusCut, loss, maxBytes) }
    if isHeadSent {
      stream.finish(trailers: fields)
    } else {
      isHeadSent = true
      stream.sendResponseOnly(fields)
    }
  }

  /// A client may ask for so little that nothing fits: no reason to fill the log.
  func logCut(_ kind: LogKind, _ reason: String, _ maxBytes: Int) {
    let usual = 8 * 1024
    log(kind, level: maxBytes < usual ? .debug : .error, reason: reason)
  }

  private func log(_ kind: LogKind, level: Logger.Level = .error, reason: @autoclosure () -> String) {
    options.log.write(
      kind, level: level, peer: nil, on: stream.executor,
      metadata: ["method": "\(method)", "request-id": "\(requestID)", "error": "\(reason())"])
  }

  private func cancel(_ error: RPCError) {
    cancelDeadline()
    shared.withLock { if $0.end == nil { $0.end = error } }
    stream.fail(error)
    if isInLine { connection.callLeftLine() }
    cancelTask()
  }

  private func cancelTask() { task?.cancel() }

  /// Metadata that may not be sent is left out and logged, since the call's outcome is more than its decoration.
  func dropInvalid(_ metadata: inout Metadata) {
    if metadata.isEmpty { return }
    do throws(RPCError) {
      try metadata.validate()
    } catch {
      log(.metadataLost, reason: "\(error)")
      metadata.removeAll { key, value in
        var one = Metadata()
        one.add(value, for: key)
        return (try? one.validate()) == nil
      }
    }
  }
}

extension Status {
  fileprivate static func unimplemented(_ message: String) -> Status { Status(code: .unimplemented, message: message) }
}

extension RPCError {
  fileprivate static let callWasRefused = RPCError(code: .cancelled, message: "the call was refused")

  fileprivate static var serverIsFull: RPCError {
    RPCError(code: .unavailable, message: "the server holds more unread and unsent messages than it may (memoryBudget)")
  }
  fileprivate static var deadlineHasPassed: RPCError {
    RPCError(code: .deadlineExceeded, message: "the deadline of the call has passed")
  }
}
