// Events of a connection, for the server or client that it belongs to.
public import FreshetHTTP

/// The server or client that a connection belongs to. Called on the connection's loop.
public protocol ConnectionDelegate: AnyObject {
  /// The peer has opened a stream (servers only): create it, with its call as delegate.
  func connectionMakesStream(_ connection: TransportConnection) -> TransportStream
  /// The socket is open; the handshakes begin. Called again with the final connection, where the first one had to
  /// determine the peer's protocol.
  func connectionOpened(_ connection: TransportConnection)
  /// The handshakes are over and the peer's SETTINGS have arrived.
  func connectionBecameReady(_ connection: TransportConnection)
  /// `TransportConnection.hasRoom` may have become true (clients only).
  func connectionMayHaveRoom(_ connection: TransportConnection)
  /// The peer burdens the connection, see `HTTP2SessionDelegate.receiveBurden`; `TransportConnection.burdens` has all
  /// counts.
  func connectionIsBurdened(_ connection: TransportConnection, _ burden: Burden)
  /// The peer does not read the output of streams whose side has ended here: no more of `TransportConnection.work` is
  /// started, and nothing else should be that would only produce more output (servers only).
  func connectionPauses(_ connection: TransportConnection)
  /// Work is started again. Not called if the connection closes meanwhile.
  func connectionResumes(_ connection: TransportConnection)
  /// The connection takes no new streams.
  func connectionIsGoingAway(_ connection: TransportConnection, _ error: TransportError)
  /// The end, exactly once, after every stream was closed.
  func connectionClosed(_ connection: TransportConnection, _ error: TransportError)
}

extension ConnectionDelegate {
  public func connectionMayHaveRoom(_ connection: TransportConnection) {}
  public func connectionPauses(_ connection: TransportConnection) {}
  public func connectionResumes(_ connection: TransportConnection) {}
  public func connectionIsBurdened(_ connection: TransportConnection, _ burden: Burden) {}
}
