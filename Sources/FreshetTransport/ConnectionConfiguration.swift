// What can be set of a connection, on either side.
public import FreshetHTTP2

public struct ConnectionConfiguration: Sendable {
  /// What the peer may do: windows, streams, sizes.
  public var http2 = HTTP2Settings()

  /// How long the peer has for its part of the handshake, TLS included, before the connection is closed.
  public var handshakeTimeout: Duration = .seconds(20)

  /// How long the peer has to close its side after we have closed ours.
  public var lingerTimeout: Duration = .seconds(1)

  /// How long the peer has to take the last bytes of a connection that ends, before its time to close its side begins.
  public var flushTimeout: Duration = .seconds(20)

  /// Asks a silent peer for a sign of life; nil, the default, asks never.
  public var keepalive: KeepaliveConfiguration?

  public init() {}
}
