// One attempt to connect, and the connection that comes of it, with the calls that wait for a place on it.
import FreshetHTTP2
import FreshetTransport
import Logging

/// Puts calls on its connection as far as the server allows, and tells its channel how the connection fares. Confined to
/// the channel's loop.
final class ClientConnection: ConnectionDelegate {
  private let core: ChannelCore
  @exclusivity(unchecked) private var connection: Connection?
  /// The attempt to open the socket.
  @exclusivity(unchecked) var connecting: Connecting?
  /// Calls beyond the server's MAX_CONCURRENT_STREAMS (C14).
  @exclusivity(unchecked) private var waiting: WaitingCalls<ClientCall> = []

  init(_ core: ChannelCore) { self.core = core }

  // MARK: From the channel

  /// Puts the call on the connection, at once or when another call has ended.
  func take(_ call: ClientCall) {
    guard waiting.isEmpty, let connection, connection.hasRoom else { return waiting.append(call) }
    open(call, connection)
  }

  func forget(_ call: ClientCall) { waiting.remove(call) }

  /// Ends an attempt that has not opened its socket yet.
  /// - Returns: false when there is a connection already.
  func giveUp() -> Bool {
    guard connection == nil, let connecting else { return false }
    connecting.cancel()
    return true
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
    core.opened(self)
  }

  func connectionBecameReady(_ connection: Connection) { core.becameReady(self) }

  func connectionMayHaveRoom(_ connection: Connection) { fill() }

  func connectionIsBurdened(_ connection: Connection, _ burden: Burden) {
    core.options.logger.notice(
      "a server strains its connection",
      metadata: ["peer": "\(connection.peer)", "burden": "\(burden)", "burdens": "\(connection.burdens)"])
  }

  func connectionIsGoingAway(_ connection: Connection, _ error: TransportError) {
    core.isGoingAway(self, error)
    connection.drainAndClose()
    giveBackWaiting()
  }

  func connectionClosed(_ connection: Connection, _ error: TransportError) {
    self.connection = nil
    core.options.logger.debug(
      "connection closed",
      metadata: ["peer": "\(connection.peer)", "reason": "\(error)", "burdens": "\(connection.burdens)"])
    core.closed(self, error)
    giveBackWaiting()
  }

  private func giveBackWaiting() {
    for call in waiting.removeAll() { core.want(call) }
  }
}
