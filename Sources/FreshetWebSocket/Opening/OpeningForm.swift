// How a handshake is written.

/// The two ways to open a WebSocket.
package enum OpeningForm: Sendable, Hashable {
  /// GET with `Upgrade`, answered by 101 (RFC 6455 §4).
  case http1
  /// CONNECT with `:protocol`, answered by 200 (RFC 8441).
  case http2
}
