// One client's connection at the server: creates the calls, counts their handlers, and knows when all have ended.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import FreshetTLS
import FreshetTransport
import Logging
import NIOCore

/// The owner of its calls' tasks. Retained by its `TransportConnection` until the connection closes, and by the
/// `ConnectionTable` until the last handler has ended as well.
// SAFETY: used on `executor`'s loop only, except the immutable properties, and `peer` and `peerCertificateDER`, which
// are written before the first call's task starts, and only read afterwards.
final class ServerConnection: ConnectionDelegate, @unchecked Sendable {
  private struct State {
    /// The connection's queue of calls.
    var work: WorkQueue?
    var connection: TransportConnection?
    var runningTasks = 0
    /// The calls in `work` that are over.
    var abandoned = AbandonedPlaces()
    var isClosed = false
    var peer: String
    var peerCertificateDER: [UInt8]?
  }

  let options: ServerOptions
  /// From `options`, which need not be copied for each call.
  let memoryBudget: MemoryBudget
  let executor: LoopExecutor
  private let table: ConnectionTable
  /// Keeps its event loop alive as long as the handlers.
  private let clock: CallClock?
  /// Whether the server is draining.
  var isDraining: Bool { table.isDraining }

  func waitForDrain() async { await table.waitForDrain() }

  /// The messages of its calls that are decompressed off the loop.
  let decompressions: DecompressionLine
  /// Whether the client reads too few of its responses, so that no more calls are started.
  var isPaused: Bool { state.work?.isPaused ?? false }
  @exclusivity(unchecked) private var state: State

  init(
    _ options: ServerOptions, _ executor: LoopExecutor, _ table: ConnectionTable, peer: String = "unknown",
    clock: CallClock? = nil
  ) {
    self.clock = clock
    state = State(peer: peer)
    self.options = options
    memoryBudget = options.connection.memoryBudget
    self.executor = executor
    self.table = table
    decompressions = DecompressionLine(executor: executor)
  }

  var work: WorkQueue? { state.work }
  var peer: String { state.peer }
  var peerCertificateDER: [UInt8]? { state.peerCertificateDER }

  // MARK: From the connection

  func connectionMakesStream(_ connection: TransportConnection) -> TransportStream {
    let stream = TransportStream(executor: executor, maxMessageBytes: options.maxReceiveMessageBytes)
    stream.delegate = ServerCall(stream, self)
    return stream
  }

  func connectionOpened(_ connection: TransportConnection) {
    assert(executor.isCurrent)
    state.connection = connection
    state.work = connection.work
    connection.work.source = table.taskSources?.source(for: executor)
    if table.add(self) == .isDraining { connection.drainAndClose() }
  }

  func connectionBecameReady(_ connection: TransportConnection) {
    state.peer = connection.peer
    state.peerCertificateDER = connection.peerCertificateDER
  }

  func connectionIsGoingAway(_ connection: TransportConnection, _ error: TransportError) {}  // its calls continue

  func connectionClosed(_ connection: TransportConnection, _ error: TransportError) {
    assert(executor.isCurrent)
    state.connection = nil
    state.isClosed = true
    decompressions.resume()  // so that calls that are over are removed
    log(error, connection)
    leaveTableIfDone()
  }

  func connectionIsBurdened(_ connection: TransportConnection, _ burden: Burden) {
    options.log.write(
      .strained, level: .notice, peer: connection.peer, on: executor,
      metadata: Self.metadata(of: connection, ["burden": "\(burden)"]))
  }

  func connectionPauses(_ connection: TransportConnection) { decompressions.pause() }

  func connectionResumes(_ connection: TransportConnection) {
    state.abandoned.forget()
    decompressions.resume()
    connection.forEachStream { ($0.delegate as? ServerCall)?.receiveResume() }
  }

  private func log(_ error: TransportError, _ connection: TransportConnection) {
    let reason: Logger.Metadata = ["reason": "\(error)"]
    switch error.kind {
    case .closedByPeer, .closedByUs, .socket, .goaway, .connect, .bind, .accept:
      options.logger.debug("connection closed", metadata: Self.metadata(of: connection, reason))
    case .tls, .http1, .http2, .handshakeTimeout, .headerTimeout, .writeTimeout, .keepaliveTimeout, .noMoreStreams,
      .headersTooLarge, .invalidSetting:
      options.log.write(
        .givenUp, level: isOrdinary(error) ? .debug : .warning, peer: connection.peer, on: executor,
        metadata: Self.metadata(of: connection, reason))
    }
  }

  /// Load balancers probe by HTTP/1 whether a server is there, every few seconds; and killed clients close without
  /// notice, in plaintext (`.closedByPeer`) and in TLS.
  private func isOrdinary(_ error: TransportError) -> Bool {
    switch error.cause {
    case let cause as HTTP2Error: cause.kind == .http1Request
    case let cause as TLSError: cause.kind == .plaintextPeer(.httpRequest) || cause.kind == .truncated
    default: false
    }
  }

  /// The client's address, and each non-zero burden count by name.
  private static func metadata(of connection: TransportConnection, _ more: Logger.Metadata) -> Logger.Metadata {
    var metadata = more
    metadata["peer"] = "\(connection.peer)"
    for (burden, count) in connection.burdens.nonZero { metadata["\(burden)"] = "\(count)" }
    return metadata
  }

  // MARK: From the calls

  func taskStarted() { state.runningTasks += 1 }

  /// Starts the call when its turn comes.
  func start(_ call: ServerCall) {
    assert(executor.isCurrent)
    if let work = state.work { executor.start(call, in: work) }
  }

  /// A call has ended while it was queued. It is removed now only if none are started.
  func callLeftLine() {
    assert(executor.isCurrent)
    guard isPaused, let work = state.work, let connection = state.connection,
      state.abandoned.add(others: connection.streamCount)
    else { return }
    work.removeAll { work in
      guard let call = work as? ServerCall, call.isOver else { return false }
      taskEnded()
      return true
    }
  }

  func taskEnded() {
    assert(executor.isCurrent)
    state.runningTasks -= 1
    leaveTableIfDone()
  }

  private func leaveTableIfDone() {
    guard state.isClosed, state.runningTasks == 0 else { return }
    if case .crowdIsGone = table.remove(self) { Crowd.returnMemory(by: executor) }
  }

  /// A message was decompressed for a call that its client had cancelled meanwhile. On the loop.
  func bearWastedDecompression(_ result: Result<ByteBuffer, RPCError>) {
    guard case .success(let message) = result else { return }
    state.connection?.bear(.wastedWork, times: 1 + message.readableBytes / (64 * 1024))
  }

  // MARK: From the server, on any thread

  /// Refuses new calls and closes when the running ones have ended.
  func drain() {
    executor.run {
      self.state.connection?.drainAndClose()
      self.state.connection?.forEachStream { $0.drainForm() }
    }
  }

  /// Ends all running calls with UNAVAILABLE, which cancels their handlers; the drain can then complete.
  func cutShort() {
    executor.run {
      self.state.connection?.forEachStream { stream in
        (stream.delegate as? ServerCall)?.conclude(
          .aborted(RPCError(code: .unavailable, message: "the server is shutting down"), .drain))
      }
      self.state.connection?.closeSoon()
    }
  }
}
