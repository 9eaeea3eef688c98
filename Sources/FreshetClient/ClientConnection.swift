// One attempt to connect, and the connection that comes of it.
import FreshetTransport

/// Tells its channel how the connection fares. Confined to the channel's loop.
final class ClientConnection: ConnectionDelegate {
  private let core: ChannelCore
  private(set) var connection: Connection?

  init(_ core: ChannelCore) { self.core = core }

  func connectionMakesStream(_ connection: Connection) -> TransportStream {
    preconditionFailure("nghttp2 lets no server open a stream: push is disabled")
  }

  func connectionOpened(_ connection: Connection) {
    self.connection = connection
    core.opened(self)
  }

  func connectionBecameReady(_ connection: Connection) { core.becameReady(self) }

  func connectionIsGoingAway(_ connection: Connection, _ error: TransportError) {
    core.isGoingAway(self, error)
    connection.drainAndClose()
  }

  func connectionClosed(_ connection: Connection, _ error: TransportError) {
    self.connection = nil
    core.closed(self, error)
  }
}
