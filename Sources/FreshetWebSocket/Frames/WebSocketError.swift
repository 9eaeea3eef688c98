// The one error type of FreshetWebSocket: a kind for code, the close code, and a message for people.

/// Why a WebSocket could not be opened, or ended other than by a regular close.
///
/// The ``message`` says what was attempted, with what, and what came back; a limit's message names its setting.
public struct WebSocketError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// The peer broke the protocol (RFC 6455, RFC 7692).
    case protocolViolation
    /// Text or a close reason is not UTF-8.
    case invalidText
    /// A compressed message cannot be restored.
    case corruptCompression
    /// A message is beyond a limit.
    case tooBig
    /// The peer floods this side with frames that carry nothing.
    case flood
    /// The connection ended without a close (1006).
    case lost
    /// The peer closed with a code other than 1000, 1001 or none.
    case closedByPeer
    /// Something was to be sent after this side's close.
    case closed
    /// A message of the other kind came where only texts, or only binary messages, are read.
    case unexpectedKind
    /// The task that opened the WebSocket, read or sent was cancelled.
    case cancelled
    /// The server did not agree to a WebSocket: it gave another answer, or a wrong one.
    case opening
    /// An address, option or argument is out of its range.
    case invalidSetting
  }

  public var kind: Kind
  /// The code with which the connection is closed, or was.
  public var code: CloseCode
  public var message: String

  public init(_ kind: Kind, code: CloseCode, _ message: String) {
    self.kind = kind
    self.code = code
    self.message = message
  }

  public var description: String { "WebSocket \(code): \(message)" }
}

extension WebSocketError {
  static func violation(_ message: String) -> WebSocketError {
    WebSocketError(.protocolViolation, code: .protocolError, message)
  }

  static func tooBig(_ message: String) -> WebSocketError {
    WebSocketError(.tooBig, code: .messageTooBig, message)
  }
}
