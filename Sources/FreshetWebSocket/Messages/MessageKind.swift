// What a message consists of.

/// Text, which is UTF-8, or bytes.
public enum WebSocketMessageKind: Sendable, Hashable {
  case text
  case binary
}

extension WebSocketMessageKind {
  package var opcode: Opcode { self == .text ? .text : .binary }
}
