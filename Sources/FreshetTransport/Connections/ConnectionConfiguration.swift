// The settings of a connection, on either side.
public import FreshetHTTP2

/// How one side handles each of its connections: windows, limits on the peer, time-outs.
///
/// ```swift
/// let connection = ConnectionConfiguration { $0.keepalive = KeepaliveConfiguration(interval: .seconds(60)) }
/// ```
public struct ConnectionConfiguration: Sendable {
  /// What the peer may do: windows, streams, sizes.
  public var http2 = HTTP2Settings()

  /// How much the peer may burden the connection (flood limits).
  public var floods = FloodLimits()

  /// The time-out of the peer's part of the handshake, TLS included; then the connection is closed.
  public var handshakeTimeout: Duration = .seconds(20)

  /// The time-out of a header block once the peer has begun it, since it blocks all other frames; then the connection
  /// is closed.
  public var headerTimeout: Duration = .seconds(10)

  /// How long the peer may leave its socket unread while the socket and this side's buffer (320 KiB) are full; then,
  /// after twice this time at most, the connection is closed. A stream for whose messages the peer has opened no window
  /// at all for as long is reset with CANCEL; a slowly read one is not.
  public var writeTimeout: Duration = .seconds(60)

  /// How long the peer has to close its side after this side has closed: of the connection, or of a stream whose
  /// request is not gRPC and was answered early.
  public var lingerTimeout: Duration = .seconds(1)

  /// How long the peer has to read the last bytes of a closing connection, before its time to close begins.
  public var flushTimeout: Duration = .seconds(20)

  /// How many bytes of complete responses may wait for the peer to read them. Beyond this its further calls are not
  /// started until half of them have been sent, and get only their initial window: a client that does not read its
  /// responses holds no more than this, and what its running handlers produce. 1 or more.
  public var maxUnsentAnswerBytes = 16 * 1024 * 1024

  /// Accounts for the memory of messages, for this and other connections.
  public var memoryBudget = MemoryBudget.process

  /// Sends PINGs to a silent peer; nil, the default, never does.
  public var keepalive: KeepaliveConfiguration?

  /// How long a server keeps a connection without calls; then it drains it, and the client reconnects for its next
  /// call. Up to a quarter more may pass. nil keeps it forever. Not used by clients.
  public var idleTimeout: Duration? = .seconds(3600)

  public init() {}

  /// The defaults, modified by the closure.
  public init(_ configure: (inout ConnectionConfiguration) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }

  /// - Throws: `TransportError.invalidSetting` with the setting's name, value and range.
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
