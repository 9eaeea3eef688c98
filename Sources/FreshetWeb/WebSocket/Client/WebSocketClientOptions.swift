// The settings of a client's WebSocket.
public import FreshetTLS
public import FreshetWebSocket

/// How a client opens a WebSocket, and how that behaves.
public struct WebSocketClientOptions: Sendable {
  /// The version of HTTP that carries it.
  ///
  /// `automatic` is HTTP/2 (RFC 8441) where TLS negotiates it and the server takes WebSockets over it, else HTTP/1.1.
  public var http = ChannelHTTPVersion.automatic

  /// How to trust the server of a `wss:` URL; by default by the system's roots.
  public var tls = TLSConfiguration.client()

  /// The subprotocols that are offered, the preferred one first.
  public var subprotocols: [String] = []

  /// Fields of the request besides those of the handshake: an origin, a cookie, a token.
  public var fields: [HTTPField] = []

  /// Bounds of what the server may send.
  public var limits = WebSocketLimits()

  /// permessage-deflate, which is offered then; off by default.
  public var compression: DeflateOptions?

  /// How long connecting and the handshake may take. More than zero.
  public var openTimeout: Duration = .seconds(10)

  /// How long the server may be silent before it is pinged, more than zero; nil for never.
  public var pingInterval: Duration? = .seconds(20)

  /// How long a server that was pinged may stay silent before the WebSocket is closed with 1008. More than zero.
  public var pongTimeout: Duration = .seconds(20)

  /// How long a close may stay unanswered, by the server or by the application. More than zero.
  public var closeTimeout: Duration = .seconds(5)

  public init() {}

  /// The defaults, modified by the closure.
  public init(_ configure: (inout WebSocketClientOptions) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }

  var times: WebSocketTimes { WebSocketTimes(pingAfter: pingInterval, pong: pongTimeout, close: closeTimeout) }
}
