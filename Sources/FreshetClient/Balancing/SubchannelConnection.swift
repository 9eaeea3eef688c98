// An attempt to connect to an address, then the connection, or several, with the calls that wait for a stream.
import FreshetHTTP
import FreshetHTTP2
import FreshetTransport
import Logging

/// Opens calls on its connection as far as the server allows, and reports the connection's state to its subchannel.
// SAFETY: mutable state belongs to `executor`'s loop. Calls between the channel's loop and this one are direct if they
// are the same loop, and handed over otherwise.
final class SubchannelConnection: ConnectionDelegate, @unchecked Sendable {
  let executor: LoopExecutor
  private let core: ChannelCore
  private let subchannel: Subchannel
  private let isOnChannelLoop: Bool
  @exclusivity(unchecked) private var mutable = Mutable()

  private struct Mutable {
    var role = Role.attempt
    var connection: TransportConnection?
    /// The attempt to open the socket.
    var connecting: Connecting?
    /// Calls beyond the server's MAX_CONCURRENT_STREAMS (C14), or beyond the pool's limit.
    var waiting: WaitingCalls<CallAttempt> = []
    /// All connections, where one carries a single call; nil where one carries many.
    var pool: ConnectionPool?
    /// Opens another connection for the pool.
    var makeAnother: (@Sendable (@escaping (Result<TransportConnection, TransportError>) -> Void) -> Connecting)?
    /// The end was reported.
    var isOver = false
  }

  private enum Role {
    /// The server's SETTINGS have not arrived. → serving, left
    case attempt
    /// Takes calls. → left
    case serving
    /// Final: the attempt has failed or was abandoned, or the connection takes no more calls.
    case left
  }

  init(_ core: ChannelCore, of subchannel: Subchannel) {
    self.core = core
    self.subchannel = subchannel
    executor = subchannel.executor
    isOnChannelLoop = executor === core.executor
  }

  // MARK: From the channel's loop

  /// Starts the attempt.
  func connect(by connector: any Connector, _ configuration: ConnectionConfiguration, timeout: Duration) {
    onOwnLoop { [self] in
      let address = subchannel.address
      mutable.makeAnother = { [unowned self] completion in
        connector.connect(
          to: address, on: executor, configuration: configuration, timeout: timeout, delegate: self,
          completion: completion)
      }
      mutable.connecting = connector.connect(
        to: address, on: executor, configuration: configuration, timeout: timeout, delegate: self
      ) { result in
        self.mutable.connecting = nil
        if case .failure(let error) = result { self.end(error) }
      }
    }
  }

  /// Abandons an attempt, which then leaves nothing behind; drains a connection and then closes it.
  func drain() {
    onOwnLoop { [self] in
      if case .attempt = mutable.role { return giveUp() }
      if mutable.pool == nil { return mutable.connection?.drainAndClose() ?? () }
      drainPool()
    }
  }

  /// Like `drain`; no more calls are opened here.
  func retire() {
    onOwnLoop { [self] in
      if case .serving = mutable.role { mutable.role = .left }
      drain()
      giveBackWaiting()
    }
  }

  /// Closes at once; running calls end as lost.
  func close(_ error: TransportError) {
    onOwnLoop { [self] in
      for connection in mutable.pool?.members ?? [mutable.connection].compactMap({ $0 }) { connection.close(error) }
    }
  }

  private func onOwnLoop(_ body: @escaping @Sendable () -> Void) {
    if isOnChannelLoop { body() } else { executor.run(body) }
  }

  private func onChannelLoop(_ body: @escaping @Sendable () -> Void) {
    if isOnChannelLoop { body() } else { core.executor.run(body) }
  }

  // MARK: Calls

  /// Opens the attempt on the connection, at once or when another has ended.
  /// - Returns: false if the connection takes no more.
  func take(_ attempt: CallAttempt) -> Bool {
    guard case .serving = mutable.role else { return false }
    if mutable.waiting.isEmpty, let connection = mutable.connection, connection.hasRoom {
      open(attempt, connection)
    } else {
      mutable.waiting.append(attempt)
      if mutable.pool != nil { fill() }
    }
    return true
  }

  func forget(_ attempt: CallAttempt) { mutable.waiting.remove(attempt) }

  private func fill() {
    if mutable.pool != nil { return fillPool() }
    while !mutable.waiting.isEmpty, let connection = mutable.connection, connection.hasRoom,
      let attempt = mutable.waiting.popFirst()
    {
      open(attempt, connection)
    }
  }

  private func open(_ attempt: CallAttempt, _ connection: TransportConnection) {
    guard case .wantsAnother(let error) = attempt.open(on: connection) else { return }
    // For example, its stream identifiers are used up. Its running calls continue; this and later calls use another
    // connection.
    connectionIsGoingAway(connection, error)
    attempt.attemptLostSubchannel()
  }

  private func giveBackWaiting() {
    for attempt in mutable.waiting.removeAll() { attempt.attemptLostSubchannel() }
  }

  // MARK: From the connection

  func connectionMakesStream(_ connection: TransportConnection) -> TransportStream {
    preconditionFailure("nghttp2 lets no server open a stream: push is disabled")
  }

  func connectionOpened(_ connection: TransportConnection) {
    if mutable.pool != nil { return mutable.pool?.opened(connection) ?? () }
    mutable.connection = connection
    // The connector may no longer have been cancellable.
    if case .left = mutable.role { giveUp() }
  }

  func connectionBecameReady(_ connection: TransportConnection) {
    if mutable.pool != nil { return pooledBecameReady(connection) }
    guard case .attempt = mutable.role else { return }
    mutable.role = .serving
    if connection.poolLimit > 1 { mutable.pool = ConnectionPool(connection, limit: connection.poolLimit) }
    onChannelLoop { [self] in subchannel.becameReady(self) }
  }

  func connectionMayHaveRoom(_ connection: TransportConnection) {
    mutable.pool?.used(connection)
    fill()
  }

  func connectionIsBurdened(_ connection: TransportConnection, _ burden: Burden) {
    core.options.logger.notice(
      "a server strains its connection",
      metadata: ["peer": "\(connection.peer)", "burden": "\(burden)", "burdens": "\(connection.burdens)"])
  }

  func connectionIsGoingAway(_ connection: TransportConnection, _ error: TransportError) {
    if mutable.pool != nil {
      mutable.pool?.leaves(connection)
      return poolChanged(error)
    }
    leave(error)
    connection.drainAndClose()
    giveBackWaiting()
  }

  func connectionClosed(_ connection: TransportConnection, _ error: TransportError) {
    if mutable.connection === connection { mutable.connection = nil }
    core.options.logger.debug(
      "connection closed",
      metadata: ["peer": "\(connection.peer)", "reason": "\(error)", "burdens": "\(connection.burdens)"])
    if mutable.pool != nil {
      mutable.pool?.remove(connection)
      return poolChanged(error)
    }
    end(error)
    giveBackWaiting()
  }

  // MARK: The pool

  private func fillPool() {
    while !mutable.waiting.isEmpty, let connection = mutable.pool?.withRoom, let attempt = mutable.waiting.popFirst() {
      mutable.connection = connection
      open(attempt, connection)
    }
    while case .serving = mutable.role, mutable.pool?.shouldGrow(for: mutable.waiting.count) == true { grow() }
  }

  private func grow() {
    guard let make = mutable.makeAnother else { return }
    var attempt: Connecting?
    let begun = make { [self] result in
      let failure = if case .failure(let error) = result { error } else { TransportError?.none }
      if let attempt { mutable.pool?.end(attempt, hasFailed: failure != nil) }
      if let failure { poolChanged(failure) }
    }
    attempt = begun
    mutable.pool?.begin(begun)
    if begun.isOver { mutable.pool?.end(begun, hasFailed: true) }
  }

  private func pooledBecameReady(_ connection: TransportConnection) {
    guard case .serving = mutable.role else { return connection.drainAndClose() }
    mutable.pool?.becameReady(connection)
    fill()
  }

  /// A connection takes no more calls, has ended, or could not be opened.
  private func poolChanged(_ error: TransportError) {
    if mutable.pool?.servesCalls == false {
      leave(error)
      giveBackWaiting()
    } else {
      fill()
    }
    if mutable.pool?.isEmpty == true { end(error) }
  }

  private func drainPool() {
    for attempt in mutable.pool?.attempts ?? [] { attempt.cancel() }
    for connection in mutable.pool?.members ?? [] { connection.drainAndClose() }
  }

  // MARK: The end

  private func giveUp() {
    mutable.role = .left
    mutable.connecting?.cancel()
    mutable.connection?.close(TransportError(.closedByUs, "the attempt to connect was given up"))
    tellEnd()
  }

  private func end(_ error: TransportError) {
    leave(error)
    tellEnd()
  }

  private func tellEnd() {
    if mutable.isOver { return }
    mutable.isOver = true
    mutable.makeAnother = nil
    onChannelLoop { [self] in
      subchannel.ended(self)
      core.ended(self)
    }
  }

  /// No more calls are opened here.
  private func leave(_ error: TransportError) {
    switch mutable.role {
    case .attempt:
      core.options.logger.debug(
        "an attempt to connect failed", metadata: ["address": "\(subchannel.address)", "reason": "\(error)"])
    case .serving: break
    case .left: return
    }
    let isLost = if case .serving = mutable.role { true } else { false }
    mutable.role = .left
    onChannelLoop { [self] in
      if isLost { core.lost(error) }
      subchannel.left(self, error)
    }
  }
}
