// The settings of a route's WebSockets.
public import FreshetWebSocket

/// How a server's WebSockets of one route behave.
public struct WebSocketOptions: Sendable {
  /// Which pages may open one (web.md W64); by default those of the same host.
  public var origins = WebSocketOrigins.same

  /// The subprotocols that the handler speaks, the preferred one first. The first that the client offers, too, is agreed
  /// on; if there is none the WebSocket opens without one.
  public var subprotocols: [String] = []

  /// Bounds of what a client may send.
  public var limits = WebSocketLimits()

  /// permessage-deflate, if clients offer it; off by default.
  public var compression: DeflateOptions?

  /// How long a client may be silent before it is pinged, more than zero; nil for never. Proxies cut silent connections after a minute.
  public var pingInterval: Duration? = .seconds(20)

  /// How long a client that was pinged may stay silent before its WebSocket is closed with 1008. More than zero.
  public var pongTimeout: Duration = .seconds(20)

  /// How long a close may stay unanswered, by the client or by the handler. More than zero.
  public var closeTimeout: Duration = .seconds(5)

  public init() {}

  /// The defaults, modified by the closure.
  public init(_ configure: (inout WebSocketOptions) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }

  var times: WebSocketTimes { WebSocketTimes(pingAfter: pingInterval, pong: pongTimeout, close: closeTimeout) }
}
