// What precedes the payload of a frame (RFC 6455 §5.2).

/// What a frame is.
package enum Opcode: UInt8, Sendable {
  case continuation = 0
  case text = 1
  case binary = 2
  case close = 8
  case ping = 9
  case pong = 10

  /// Control frames are short, whole, and may come between the fragments of a message.
  package var isControl: Bool { rawValue >= 8 }
}

/// Which end of the connection this is: clients mask what they send, servers do not.
package enum WebSocketRole: Sendable {
  case server
  case client

  package var peer: WebSocketRole { self == .server ? .client : .server }
}

/// The head of a frame.
package struct FrameHead: Sendable, Hashable {
  /// The longest payload of a control frame.
  package static let maxControlBytes = 125

  package var opcode: Opcode
  /// FIN: the last frame of its message.
  package var isFinal: Bool
  /// RSV1: the first frame of a compressed message (RFC 7692 §6).
  package var isCompressed: Bool
  package var payloadBytes: Int
  /// The mask, if the sender is a client.
  package var key: MaskKey?

  package init(
    _ opcode: Opcode, isFinal: Bool = true, isCompressed: Bool = false, payloadBytes: Int, key: MaskKey? = nil
  ) {
    self.opcode = opcode
    self.isFinal = isFinal
    self.isCompressed = isCompressed
    self.payloadBytes = payloadBytes
    self.key = key
  }
}
