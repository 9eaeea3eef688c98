// What a connection tells the server or client that it belongs to.
public import FreshetHTTP

/// The server or client that a connection belongs to. Called on the connection's loop.
public protocol ConnectionDelegate: AnyObject {
  /// The peer has opened a stream (servers only): make it, with its call as delegate.
  func connectionMakesStream(_ connection: TransportConnection) -> TransportStream
  /// The socket is there; the handshakes begin. Called again with the connection that takes the first one's place, where that
  /// had to find out what the peer speaks.
  func connectionOpened(_ connection: TransportConnection)
  /// The handshakes are over and the peer's SETTINGS are here.
  func connectionBecameReady(_ connection: TransportConnection)
  /// `TransportConnection.hasRoom` may have become true (clients only).
  func connectionMayHaveRoom(_ connection: TransportConnection)
  /// The peer strains the connection, see `HTTP2SessionDelegate.receiveBurden`; `TransportConnection.burdens` has all counts.
  func connectionIsBurdened(_ connection: TransportConnection, _ burden: Burden)
  /// The peer does not take what is sent on streams that are over for this side: no more of `TransportConnection.work` is begun,
  /// and nothing should be that would only make more of it (servers only).
  func connectionPauses(_ connection: TransportConnection)
  /// Work is begun again. Not called where the connection closes meanwhile.
  func connectionResumes(_ connection: TransportConnection)
  /// The connection takes no new streams any more.
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
