// What a session reports to its carrier.
package import NIOCore

package enum WebSocketEvent: Sendable, Equatable {
  /// A whole message; text is UTF-8. It counts as unread until it is given back (`giveBack`).
  case message(WebSocketMessageKind, ByteBuffer)
  /// A part of a message, with whole code points if it is text; the last part may be empty.
  case part(WebSocketMessageKind, ByteBuffer, isLast: Bool)
  /// A ping came; it is answered already.
  case ping
  case pong(ByteBuffer)
  /// The last event: the peer has closed. Unless this side did so first, it owes its own close (`close`).
  case closed(CloseFrame)
  /// The last event: the peer broke a rule, or the connection ended without a close. This side owes a close (`close`).
  case failed(WebSocketError)
}
