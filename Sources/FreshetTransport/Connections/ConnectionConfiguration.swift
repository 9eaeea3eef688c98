// What can be set of a connection, on either side.
public import FreshetHTTP2

/// How one side treats each of its connections: windows, limits of what the peer may do, time-outs.
///
/// ```swift
/// let connection = ConnectionConfiguration { $0.keepalive = KeepaliveConfiguration(interval: .seconds(60)) }
/// ```
public struct ConnectionConfiguration: Sendable {
  /// What the peer may do: windows, streams, sizes.
  public var http2 = HTTP2Settings()

  /// How much the peer may burden the connection.
  public var floods = FloodLimits()

  /// How long the peer has for its part of the handshake, TLS included, before the connection is closed.
  public var handshakeTimeout: Duration = .seconds(20)

  /// How long the peer has for a header block once it has begun it, since it can say nothing else meanwhile; then the
  /// connection is closed.
  public var headerTimeout: Duration = .seconds(10)

  /// How long the peer may leave its socket unread while as much waits for it as the socket and this side's buffer
  /// (320 KiB) hold; then, at the latest after twice this time, the connection is closed. A stream for
  /// whose messages the peer has opened no window at all for as long is reset with CANCEL; one that it reads slowly is not.
  public var writeTimeout: Duration = .seconds(60)

  /// How long the peer has to close its side after we have closed ours: of the connection, or of a stream whose request
  /// is not gRPC and was answered before its end.
  public var lingerTimeout: Duration = .seconds(1)

  /// How long the peer has to take the last bytes of a connection that ends, before its time to close its side begins.
  public var flushTimeout: Duration = .seconds(20)

  /// How many bytes of answers that are complete may wait for the peer to take them. Beyond this its further calls are not
  /// begun before half of them have left, and get no more than their first window: a client with calls that it reads no
  /// answer of holds just so much, and what its running handlers make. 1 or more.
  public var maxUnsentAnswerBytes = 16 * 1024 * 1024

  /// What the memory of this and other connections' messages is counted in.
  public var memoryBudget = MemoryBudget.process

  /// Asks a silent peer for a sign of life; nil, the default, asks never.
  public var keepalive: KeepaliveConfiguration?

  /// How long a server keeps a connection without calls; then its client is told to go, as in a drain, and opens another
  /// when it has one. A quarter more may pass. nil keeps it forever. Clients have no use for it.
  public var idleTimeout: Duration? = .seconds(3600)

  public init() {}

  /// The defaults, but for what the closure sets.
  public init(_ configure: (inout ConnectionConfiguration) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }

  /// - Throws: `TransportError.invalidSetting`, which names the setting, its value and its range.
  public func validate() throws(TransportError) {
    if let idleTimeout, idleTimeout <= .zero {
      throw TransportError(.invalidSetting, "idleTimeout is \(idleTimeout), but must be more than zero, or nil")
    }
    do throws(HTTP2Error) {
      try http2.validate()
      try floods.validate()
    } catch {
      throw TransportError(error)
    }
  }
}
