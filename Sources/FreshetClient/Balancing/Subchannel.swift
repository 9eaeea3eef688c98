// An address of the target: the attempt to connect to it, and the connection that comes of it, with the calls that wait
// for a place on it.
import FreshetHTTP
import FreshetHTTP2
import FreshetTransport
import Logging

/// Tells its pass what the attempt came to, then puts calls on its connection as far as the server allows, and tells its
/// channel how the connection fares. Confined to the channel's loop.
final class Subchannel: ConnectionDelegate {
  let address: ConnectAddress
  private let core: ChannelCore
  @exclusivity(unchecked) private var role: Role
  @exclusivity(unchecked) private var connection: Connection?
  /// The attempt to open the socket.
  @exclusivity(unchecked) private var connecting: Connecting?
  /// Calls beyond the server's MAX_CONCURRENT_STREAMS (C14).
  @exclusivity(unchecked) private var waiting: WaitingCalls<ClientCall> = []

  private enum Role {
    /// The server's SETTINGS have not come. → serving, left
    case attempt(PickFirst, Int)
    /// Calls run. → left
    case serving
    /// Final: the attempt has failed or was given up, or the connection takes no more calls.
    case left
  }

  init(_ core: ChannelCore, to address: ConnectAddress, attemptOf pass: PickFirst, _ index: Int) {
    self.core = core
    self.address = address
    role = .attempt(pass, index)
  }

  // MARK: From the channel

  /// Begins the attempt.
  func connect(by connector: any Connector, _ configuration: ConnectionConfiguration, timeout: Duration) {
    connecting = connector.connect(
      to: address, on: core.executor, configuration: configuration, timeout: timeout, delegate: self
    ) { result in
      self.connecting = nil
      if case .failure(let error) = result { self.end(error) }
    }
  }

  /// Puts the call on the connection, at once or when another call has ended.
  func take(_ call: ClientCall) {
    guard waiting.isEmpty, let connection, connection.hasRoom else { return waiting.append(call) }
    open(call, connection)
  }

  func forget(_ call: ClientCall) { waiting.remove(call) }

  /// Ends an attempt, of which nothing is left then.
  func giveUp() {
    role = .left
    connecting?.cancel()
    connection?.close(TransportError(.closedByUs, "the attempt to connect was given up"))
    core.ended(self)
  }

  /// Lets the calls end that are on the connection, then closes it.
  func drain() { connection?.drainAndClose() }

  /// Closes at once; calls that run end as lost.
  func close(_ error: TransportError) { connection?.close(error) }

  private func fill() {
    while !waiting.isEmpty, let connection, connection.hasRoom, let call = waiting.popFirst() { open(call, connection) }
  }

  private func open(_ call: ClientCall, _ connection: Connection) {
    guard case .wantsAnother(let error) = call.open(on: connection) else { return }
    // Its stream identifiers are used up, say. What runs on it runs on; this and later calls go elsewhere.
    connectionIsGoingAway(connection, error)
    core.want(call)
  }

  // MARK: From the connection

  func connectionMakesStream(_ connection: Connection) -> TransportStream {
    preconditionFailure("nghttp2 lets no server open a stream: push is disabled")
  }

  func connectionOpened(_ connection: Connection) {
    self.connection = connection
    // A connector may have been past giving up.
    if case .left = role { giveUp() }
  }

  func connectionBecameReady(_ connection: Connection) {
    guard case .attempt(let pass, let index) = role else { return }
    role = .serving
    pass.attemptReady(index, self)
  }

  func connectionMayHaveRoom(_ connection: Connection) { fill() }

  func connectionIsBurdened(_ connection: Connection, _ burden: Burden) {
    core.options.logger.notice(
      "a server strains its connection",
      metadata: ["peer": "\(connection.peer)", "burden": "\(burden)", "burdens": "\(connection.burdens)"])
  }

  func connectionIsGoingAway(_ connection: Connection, _ error: TransportError) {
    leave(error)
    connection.drainAndClose()
    giveBackWaiting()
  }

  func connectionClosed(_ connection: Connection, _ error: TransportError) {
    self.connection = nil
    core.options.logger.debug(
      "connection closed",
      metadata: ["peer": "\(connection.peer)", "reason": "\(error)", "burdens": "\(connection.burdens)"])
    end(error)
    giveBackWaiting()
  }

  // MARK: The end

  private func end(_ error: TransportError) {
    leave(error)
    core.ended(self)
  }

  /// No call comes here any more.
  private func leave(_ error: TransportError) {
    switch role {
    case .attempt(let pass, let index):
      role = .left
      core.options.logger.debug(
        "an attempt to connect failed", metadata: ["address": "\(address)", "reason": "\(error)"])
      pass.attemptFailed(index, error)
    case .serving:
      role = .left
      core.lost(self, error)
    case .left: break
    }
  }

  private func giveBackWaiting() {
    for call in waiting.removeAll() { core.want(call) }
  }
}
