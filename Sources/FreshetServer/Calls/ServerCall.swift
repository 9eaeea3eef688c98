// One call at the server, from the request's headers to the start of the handler.
import FreshetCore
import FreshetHTTP
import FreshetText
import FreshetTransport
import NIOCore
import Synchronization

/// Connects a stream and a handler. The stream retains it until the stream closes, the handler's task until it ends.
/// Its head's `wire` is specific to the protocol.
// SAFETY: `state` belongs to `stream.executor`'s loop, except its `head`, `deadline` and `rare`, which are written
// before the handler's task starts and only read afterwards; `intake` belongs to the loop until then, and afterwards to
// that task. `shared` has a lock.
final class ServerCall: LoopWork, TransportStreamDelegate, TimerTarget, TurnEndTarget, @unchecked Sendable {
  /// State used only on the loop.
  struct State {
    var phase = ServerCallState.awaitingHead
    var isHeadSent = false
    /// Whether the handler is queued to start.
    var isInLine = false
    var runsInGlobalPool = false
    /// Borrowed on the path of every call: it cannot be released meanwhile.
    var head = Borrowable<RequestHead>(nil)
    var deadline: Deadline?
    /// For the deadline; for a refused call, for the wait for the client's end.
    var timer: TimerID?
    var task: Task<Void, Never>?
    /// Nil for most calls; written before the handler's task starts.
    var rare: Rare?
  }

  /// State that few calls need.
  // SAFETY: `observation` and `pretendedMethod` are written before the handler's task starts, and only read afterwards;
  // `heldResponse` belongs to the loop.
  final class Rare: @unchecked Sendable {
    struct State {
      var observation: ServerCallObservation?
      /// See `CallWire.holdsResponse`.
      var heldResponse: (frame: ByteBuffer, isCompressed: Bool)?
      var pretendedMethod: String?
    }

    @exclusivity(unchecked) var state = State()
  }

  /// The one request of a method that takes one.
  struct Intake {
    var request: MessageDeframer.Message?
    /// Whether `decompressRequest` must be called before `decodeRequest`.
    var hasCompressedRequest = false
    var reading = RequestIntake()
  }

  /// State shared by the loop and the handler, wherever that runs.
  struct Shared {
    var metadata: Metadata = Metadata()
    /// The response's metadata, fixed once something after it was submitted.
    var headMetadata: Metadata?
    /// The head of a response whose handler writes that itself.
    var ownHead: HeaderFields?
    var trailers: Metadata = Metadata()
    var requestMetadata: Metadata?
    var requestID: String?
    var encoding = ResponseEncoding.wanted(nil)
    var compressesResponses = true
    var lastRequestWasCompressed = false
    /// Why the call ended before its handler, which is cancelled.
    var end: RPCError?

    /// Changes of `metadata` and `encoding` no longer affect the head.
    mutating func settleHead(for head: RequestHead?) {
      if headMetadata == nil { headMetadata = metadata }
      _ = encoding.settle(for: head)
    }
  }

  let stream: TransportStream
  let connection: ServerConnection
  let shared = Mutex(Shared())
  /// Whether compressed responses were requested: until then a response need not take `shared`'s lock.
  let mayCompress = Atomic(false)
  /// Whether a handler off the loop has submitted the head.
  let isHeadHandedOver = Atomic(false)
  @exclusivity(unchecked) var state = State()
  @exclusivity(unchecked) var intake = Intake()

  init(_ stream: TransportStream, _ connection: ServerConnection) {
    self.stream = stream
    self.connection = connection
    super.init()
    if let compression = options.compression { responseCompression = compression }
  }

  var options: ServerOptions { connection.options }
  var head: RequestHead? { state.head.object }
  var deadline: Deadline? { state.deadline }

  /// Created on first use, before the handler's task starts.
  var rare: Rare {
    if let known = state.rare { return known }
    let made = Rare()
    state.rare = made
    return made
  }

  /// Without observers this is a comparison with nil, and nothing is retained.
  var observation: ServerCallObservation? {
    @inline(__always) get { state.rare == nil ? nil : state.rare?.state.observation }
  }

  /// Whether the call was answered or cancelled; on the loop.
  var isOver: Bool {
    if case .answered = state.phase { true } else { false }
  }

  // MARK: From the stream

  func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool) {
    assert(stream.executor.isCurrent)
    guard case .awaitingHead = state.phase else { return }  // a client's trailers mean nothing
    do throws(CallRefusal) {
      guard let head = try readHead(section, timeout) else { return }
      let duration = if let timeout { try head.wire.duration(timeout, head) } else { head.timeout }
      state.head = Borrowable(head)
      begin(head, timeout: duration)
    } catch {
      if error.isObserved, let observers = options.observers { beginObservation(by: observers, refused: section) }
      conclude(.refused(error))
    }
  }

  /// The content of the section, parsed when it is first received; nil if that is a tunnel, through which the head comes.
  private func readHead(
    _ section: HeaderSection, _ timeout: UnsafeRawBufferPointer?
  ) throws(CallRefusal) -> RequestHead? {
    if let known = section.reading as? RequestHead { return known }
    switch try options.readHead(section, timeout) {
    case .call(let head):
      section.reading = head
      return head
    case .tunnel(let opening):
      stream.sendResponseHeaders(opening.response)
      stream.useBodyFraming(.tunnel(opening.makeForm(options.tunnelLimits)))
      return nil
    }
  }

  private func begin(_ head: RequestHead, timeout: Duration?) {
    if let timeout { setDeadline(after: timeout) }
    if head.holdsResponse { _ = rare }
    if head.hasBodyFraming, let framing = head.wire.bodyFraming(head) {
      stream.useBodyFraming(framing)
    }
    if let observers = options.observers { beginObservation(by: observers, head) }
    if connection.memoryBudget.isExhausted { return conclude(.aborted(.serverIsFull, .memoryBudget)) }
    if let timeout, timeout <= .zero { return conclude(.aborted(.deadlineHasPassed, .deadline)) }
    switch head.route.handler.kind {
    case .unary, .serverStreaming: state.phase = .collecting(hasMessage: false)
    case .clientStreaming, .bidirectional:
      state.phase = .running
      start(head.route)
    }
  }

  func receiveData() {
    assert(stream.executor.isCurrent)
    if case .collecting = state.phase { collect(isEnd: false) }
  }

  /// Calls are started again, see `ServerConnection.isPaused`.
  func receiveResume() {
    assert(stream.executor.isCurrent)
    if case .collecting = state.phase { stream.giveBackPartialMessage() }
  }

  func receiveEndStream() {
    assert(stream.executor.isCurrent)
    if case .collecting = state.phase { collect(isEnd: true) }
  }

  /// Smaller messages are not worth counting while they wait for their handler.
  private static let leastHeldBytes = 4096

  /// Takes received parts of the one request of a method that takes one.
  private func collect(isEnd: Bool) {
    while case .collecting = state.phase {
      switch stream.poll() {
      case .wait:
        if !connection.isPaused { stream.giveBackPartialMessage() }
        return
      case .failure(let error): return conclude(.answered(error.status, .invalidRequest))
      case .message(let message):
        if case .tooMany = state.phase.receiveMessage() {
          return conclude(
            .answered(.unimplemented("more than one request was sent to \(method), which takes one"), .invalidRequest))
        }
        keep(message)
        if !isEnd, !stream.hasUnreadBytes { return }
      case .end:
        switch state.phase.finishCollecting() {
        case .noMessage:
          return conclude(
            .answered(.unimplemented("no request was sent to \(method), which takes one"), .invalidRequest))
        case .ignore: return
        case .start: if let head { start(head.route) }
        }
      }
    }
  }

  private func keep(_ message: consuming MessageDeframer.Message) {
    let byteCount = message.payload.readableBytes
    if let observation { note(request: message, observation) }
    intake.hasCompressedRequest = message.isCompressed
    intake.request = consume message
    if byteCount >= Self.leastHeldBytes { stream.hold(byteCount) }
  }

  func receiveClose(_ end: StreamEnd, connectionError: TransportError?) {
    assert(stream.executor.isCurrent)
    cancelTimer()
    if isOver { return cancelTask() }
    let (message, cause): (String, ServerCallOutcome.Cause) =
      switch end {
      case .resetByPeer(let code): ("the client reset the call (\(code))", .reset)
      case .resetByUs(let code): ("the client broke a rule of HTTP/2 (\(code))", .resetByServer)
      case .connectionLost, .unprocessed, .unsent, .leftOver, .ended:
        ("the connection was lost: \(connectionError?.message ?? "it ended")", .connectionLost)
      }
    conclude(.lost(RPCError(code: .cancelled, message: message, cause: connectionError), cause))
  }

  /// A task of the handler has sent a message after the handler's end, and saw no error. The status may already be in
  /// flight, so this may come too late for the client.
  func refuseMessage(_ error: RPCError) {
    assert(stream.executor.isCurrent)
    log(.responseLost, reason: "\(error)")
    stream.reset(.internalError, error: error)
  }

  // MARK: The deadline

  private func setDeadline(after timeout: Duration) {
    let executor = stream.executor, now = executor.now
    let deadline = Deadline.after(timeout, now: now)
    state.deadline = deadline
    state.timer = executor.timers.set(self, at: deadline.nioDeadline, now: now)
  }

  func cancelTimer() {
    guard let timer = state.timer else { return }
    state.timer = nil
    stream.executor.timers.cancel(timer)
  }

  func timerFired() {
    assert(stream.executor.isCurrent)
    state.timer = nil
    if stream.outlivesAnswer { return stream.reset(.noError, error: .callWasRefused) }
    if isOver { return stream.reset(.cancel, error: .deadlineHasPassed) }  // the client accepts no response
    conclude(.aborted(.deadlineHasPassed, .deadline))
  }

  func cancelTask() { state.task?.cancel() }

  // MARK: The handler's start

  private func start(_ route: Route) {
    connection.taskStarted()
    state.runsInGlobalPool = route.usesGlobalPool
    state.isInLine = true
    // The task that runs the call keeps it alive until the handler has ended; `connection` counts it and its drain
    // waits for it.
    connection.start(self)
  }

  // Overridden here, in the file of the class, since methods in extensions cannot be.
  override func run(in task: Task<Void, Never>) async { await runHandler(in: task) }
  override func heldLoop(_ hold: Hold) { noteHold(hold) }
}

extension Status {
  fileprivate static func unimplemented(_ message: String) -> Status { Status(code: .unimplemented, message: message) }
}

extension RPCError {
  static let callWasRefused = RPCError(code: .cancelled, message: "the call was refused")

  fileprivate static var serverIsFull: RPCError {
    RPCError(code: .unavailable, message: "the server holds more unread and unsent messages than it may (memoryBudget)")
  }
  fileprivate static var deadlineHasPassed: RPCError {
    RPCError(code: .deadlineExceeded, message: "the deadline of the call has passed")
  }
}
