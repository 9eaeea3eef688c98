// One client's connection at the server: it makes the calls, counts their handlers, and knows when all is over.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import FreshetTLS
import FreshetTransport
import Logging
import NIOCore

/// The owner of its calls' tasks. Retained by its `TransportConnection` until the connection closes, and by the
/// `ConnectionTable` until the last handler has ended, too.
// SAFETY: touched on `executor`'s loop alone, but for the immutable properties, and `peer` and `peerCertificateDER`:
// they are written before the first call's task starts, and only read afterwards.
final class ServerConnection: ConnectionDelegate, @unchecked Sendable {
  let options: ServerOptions
  /// That of `options`, which are not worth a copy for each call.
  let memoryBudget: MemoryBudget
  let executor: LoopExecutor
  private let table: ConnectionTable
  /// Whose event loop has to last as long as the handlers.
  private let clock: CallClock?
  /// Whether the server stops.
  var isDraining: Bool { table.isDraining }

  func waitForDrain() async { await table.waitForDrain() }

  /// What of the calls' messages is decompressed away from the loop.
  let decompressions: DecompressionLine
  /// Whether the client takes too little of its answers, so that no more calls are begun.
  var isPaused: Bool { work?.isPaused ?? false }
  /// The connection's line of calls.
  @exclusivity(unchecked) private(set) var work: WorkQueue?
  @exclusivity(unchecked) private var connection: TransportConnection?
  @exclusivity(unchecked) private var runningTasks = 0
  /// How many calls in `work` are over, at most.
  @exclusivity(unchecked) private var leftCount = 0
  @exclusivity(unchecked) private var isClosed = false
  @exclusivity(unchecked) private(set) var peer: String
  @exclusivity(unchecked) private(set) var peerCertificateDER: [UInt8]?

  init(
    _ options: ServerOptions, _ executor: LoopExecutor, _ table: ConnectionTable, peer: String = "unknown",
    clock: CallClock? = nil
  ) {
    self.clock = clock
    self.peer = peer
    self.options = options
    memoryBudget = options.connection.memoryBudget
    self.executor = executor
    self.table = table
    decompressions = DecompressionLine(executor: executor)
  }

  // MARK: From the connection

  func connectionMakesStream(_ connection: TransportConnection) -> TransportStream {
    let stream = TransportStream(executor: executor, maxMessageBytes: options.maxReceiveMessageBytes)
    stream.delegate = ServerCall(stream, self)
    return stream
  }

  func connectionOpened(_ connection: TransportConnection) {
    self.connection = connection
    work = connection.work
    connection.work.source = table.taskSources?.source(for: executor)
    if table.add(self) == .isDraining { connection.drainAndClose() }
  }

  func connectionBecameReady(_ connection: TransportConnection) {
    peer = connection.peer
    peerCertificateDER = connection.peerCertificateDER
  }

  func connectionIsGoingAway(_ connection: TransportConnection, _ error: TransportError) {}  // its calls run on

  func connectionClosed(_ connection: TransportConnection, _ error: TransportError) {
    self.connection = nil
    isClosed = true
    decompressions.resume()  // for calls that are over, and go
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
    leftCount = 0
    decompressions.resume()
    connection.forEachStream { ($0.delegate as? ServerCall)?.receiveResume() }
  }

  private func log(_ error: TransportError, _ connection: TransportConnection) {
    let reason: Logger.Metadata = ["reason": "\(error)"]
    switch error.kind {
    case .closedByPeer, .closedByUs, .socket, .goaway, .connect, .bind, .accept:
      options.logger.debug("connection closed", metadata: Self.metadata(of: connection, reason))
    case .tls, .http2, .handshakeTimeout, .headerTimeout, .writeTimeout, .keepaliveTimeout, .noMoreStreams,
      .headersTooLarge, .invalidSetting:
      options.log.write(
        .givenUp, level: isOrdinary(error) ? .debug : .warning, peer: connection.peer, on: executor,
        metadata: Self.metadata(of: connection, reason))
    }
  }

  /// Load balancers ask by HTTP/1 whether a server is there, every few seconds; and clients that are killed end without a
  /// word, in plaintext (`.closedByPeer`) and in TLS.
  private func isOrdinary(_ error: TransportError) -> Bool {
    switch error.cause {
    case let cause as HTTP2Error: cause.kind == .http1Request
    case let cause as TLSError: cause.kind == .plaintextPeer(.httpRequest) || cause.kind == .truncated
    default: false
    }
  }

  /// Who the client is, and by name each count of what it did that brought neither side on.
  private static func metadata(of connection: TransportConnection, _ more: Logger.Metadata) -> Logger.Metadata {
    var metadata = more
    metadata["peer"] = "\(connection.peer)"
    for (burden, count) in connection.burdens.nonZero { metadata["\(burden)"] = "\(count)" }
    return metadata
  }

  // MARK: From the calls

  func taskStarted() { runningTasks += 1 }

  /// Begins the call when its turn has come.
  func start(_ call: ServerCall) {
    if let work { executor.start(call, in: work) }
  }

  /// A call has ended while it was in line. Where nothing is begun the line would keep what a client opens and resets.
  func callLeftLine() {
    guard isPaused, let work, let connection else { return }
    leftCount += 1
    if leftCount < 64 + connection.streamCount { return }
    leftCount = 0
    work.removeAll { work in
      guard let call = work as? ServerCall, call.isOver else { return false }
      taskEnded()
      return true
    }
  }

  func taskEnded() {
    runningTasks -= 1
    leaveTableIfDone()
  }

  private func leaveTableIfDone() {
    guard isClosed, runningTasks == 0 else { return }
    if case .crowdIsGone = table.remove(self) { Crowd.returnMemory(by: executor) }
  }

  /// A message was decompressed for a call that its client had given up meanwhile. On the loop.
  func bearWastedDecompression(_ result: Result<ByteBuffer, RPCError>) {
    guard case .success(let message) = result else { return }
    connection?.bear(.wastedWork, times: 1 + message.readableBytes / (64 * 1024))
  }

  // MARK: From the server, on any thread

  /// Refuses new calls and closes when the running ones have ended.
  func drain() { executor.run { self.connection?.drainAndClose() } }

  /// Answers all running calls with UNAVAILABLE, which cancels their handlers; the drain then comes to its end.
  func cutShort() {
    executor.run {
      self.connection?.forEachStream { stream in
        (stream.delegate as? ServerCall)?.conclude(
          .aborted(RPCError(code: .unavailable, message: "the server is shutting down"), .drain))
      }
      self.connection?.closeSoon()
    }
  }
}
