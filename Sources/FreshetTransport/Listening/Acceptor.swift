// Accepts connections on one address: owns the listening socket, and creates NIO's channels for it, one after another.
import FreshetCore
import NIOCore
import NIOPosix

/// Events of accepting, besides connections.
public enum AcceptEvent: Sendable {
  /// Accepting fails and is being retried; reported once until it works.
  case failing(ListenAddress, TransportError)
  /// It has worked again for some seconds.
  case recovered(ListenAddress, failures: Int, after: Duration)
}

/// NIO closes its listening channel on most errors that accept(2) calls transient, and on the others retries without a
/// pause: its `AcceptBackoffHandler` acts when a read is requested, and the failed one still counts as pending. So here
/// every error ends the channel, and after a pause another is created for the same socket, whose backlog holds clients
/// meanwhile.
// SAFETY: mutable state is used on the loop's thread only.
final class Acceptor: @unchecked Sendable {
  typealias OnEvent = @Sendable (AcceptEvent) -> Void
  /// A bootstrap with everything that accepted connections need.
  typealias MakeBootstrap = @Sendable (any EventLoop) -> ServerBootstrap

  private enum Phase {
    /// A channel is being created. → accepting, pausing, ended
    case opening
    /// → pausing, ended
    case accepting(any Channel)
    /// → opening, ended
    case pausing(Scheduled<Void>)
    /// Final, with the reason unless it was `close`.
    case ended(TransportError?)
  }

  private let executor: LoopExecutor
  private let makeBootstrap: MakeBootstrap
  private let onEvent: OnEvent
  private var address: ListenAddress
  private var phase = Phase.opening
  private var state = AcceptState.accepting
  /// Nil when it was lost and must be reopened.
  private var socket: ListeningSocket?
  private var quietTimer: Scheduled<Void>?
  /// The reason why accepting ended, unless it was `close`.
  private let ended = OneShot<TransportError?>()

  init(
    _ socket: ListeningSocket, _ address: ListenAddress, on executor: LoopExecutor,
    makeBootstrap: @escaping MakeBootstrap, onEvent: @escaping OnEvent
  ) {
    self.socket = socket
    self.address = address
    self.executor = executor
    self.makeBootstrap = makeBootstrap
    self.onEvent = onEvent
  }

  // MARK: From the listener, on any thread

  /// Starts accepting; called once.
  /// - Returns: the socket's address.
  func start() async throws -> SocketAddress? {
    do {
      return try await withUnsafeThrowingContinuation { continuation in
        executor.run { self.startOnLoop().whenComplete { continuation.resume(with: $0) } }
      }
    } catch {
      await close()
      throw error
    }
  }

  /// Stops accepting. Returns when the socket is closed and, for a Unix socket, its file is removed.
  func close() async {
    if executor.isShutDown { return }  // which has closed the channel
    await withUnsafeContinuation { continuation in
      executor.run { self.end(nil).whenComplete { _ in continuation.resume() } }
    }
  }

  /// Returns when accepting has ended: nil after `close` and when the task is cancelled, else the reason.
  func waitForEnd() async -> TransportError? {
    if executor.isShutDown { return loopIsShutDown }
    return await ended.wait() ?? nil
  }

  /// For tests, which break the socket.
  func withDescriptor(_ body: @escaping @Sendable (CInt?) -> Void) async {
    await executor.call { body(self.socket?.descriptor) }
  }

  /// For tests, which simulate errors of the system.
  func fireError(_ error: any Error) async {
    await executor.call { if case .accepting(let channel) = self.phase { channel.pipeline.fireErrorCaught(error) } }
  }

  // MARK: On the loop

  private func startOnLoop() -> EventLoopFuture<SocketAddress?> {
    guard let socket else { preconditionFailure("an acceptor is started once") }
    return makeChannel(socket).map { channel in
      if case .tcp(let host, _) = self.address, let port = channel.localAddress?.port {
        self.address = .tcp(host: host, port: port)  // a replacement socket must have the same port
      }
      self.channelWasMade(.success(channel))
      return channel.localAddress
    }
  }

  private func makeChannel(_ socket: ListeningSocket) -> EventLoopFuture<any Channel> {
    do {
      return try makeBootstrap(executor.loop)
        .serverChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(AcceptHandler(self))
          }
        }
        .withBoundSocket(socket.duplicated())
    } catch {
      return executor.loop.makeFailedFuture(error)
    }
  }

  private func open() {
    phase = .opening
    do {
      let socket = try self.socket ?? ListeningSocket.open(on: address)
      self.socket = socket
      makeChannel(socket).whenComplete { self.channelWasMade($0) }
    } catch {
      if AcceptFault(error) == .resources { return failed(error) }
      _ = end(TransportError(.bind, "cannot listen on \(address) any more: \(SocketFailure.text(error))", cause: error))
    }
  }

  private func channelWasMade(_ result: Result<any Channel, any Error>) {
    switch (phase, result) {
    case (.opening, .success(let channel)):
      phase = .accepting(channel)
      socket?.lengthenQueue()
    case (.opening, .failure) where executor.isShutDown: _ = end(loopIsShutDown)
    case (.opening, .failure(let error)): failed(error)
    case (_, .success(let channel)): channel.close(promise: nil)  // the acceptor was closed meanwhile
    case (_, .failure): break
    }
  }

  fileprivate func accepted() {
    guard case .watch = state.accepted() else { return }
    quietTimer = executor.schedule(in: Duration(AcceptState.quietTime)) { self.quietTimeHasPassed() }
  }

  private func quietTimeHasPassed() {
    guard case .tell(let failures, let time) = state.quietTimeHasPassed(now: executor.loop.now) else { return }
    onEvent(.recovered(address, failures: failures, after: Duration(time)))
  }

  /// A channel is closed: by an error of accept, or without one, if the socket was shut down.
  fileprivate func channelEnded(_ error: (any Error)?) {
    if case .ended = phase { return }
    failed(error ?? IOError(errnoCode: EINVAL, reason: "the listening socket was shut down"))
  }

  private func failed(_ error: any Error) {
    quietTimer?.cancel()
    let cause = TransportError(
      .accept, "cannot accept connections on \(address): \(SocketFailure.text(error))", cause: error)
    switch state.failed(AcceptFault(error), now: executor.loop.now) {
    case .retry(let retry):
      if retry.isTold { onEvent(.failing(address, cause)) }
      if retry.opensSocket { loseSocket() }
      phase = .pausing(executor.schedule(in: Duration(retry.pause)) { self.open() })
    case .giveUp: _ = end(cause)
    }
  }

  private var loopIsShutDown: TransportError {
    TransportError(.accept, "cannot accept connections on \(address): the event loop was shut down")
  }

  private func loseSocket() {
    socket?.close()
    socket = nil
  }

  private func end(_ error: TransportError?) -> EventLoopFuture<Void> {
    var closed = executor.loop.makeSucceededVoidFuture()
    let last = phase
    phase = .ended(error)
    switch last {
    case .ended(let first):
      phase = .ended(first)
      return closed
    case .opening: break
    case .accepting(let channel): closed = channel.close()
    case .pausing(let timer): timer.cancel()
    }
    quietTimer?.cancel()
    loseSocket()
    ended.set(error)
    return closed
  }
}

/// Reports what happens to the acceptor's channel.
private final class AcceptHandler: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private let acceptor: Acceptor
  private var error: (any Error)?

  init(_ acceptor: Acceptor) { self.acceptor = acceptor }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    acceptor.accepted()
    context.fireChannelRead(data)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if self.error == nil { self.error = error }
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    acceptor.channelEnded(error)
    context.fireChannelInactive()
  }
}
