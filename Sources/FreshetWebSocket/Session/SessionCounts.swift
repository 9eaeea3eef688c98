// What a carrier asks a session after each step.
import NIOCore

/// How much there is in a session.
package struct SessionCounts {
  /// See the properties of these names.
  package let heldBytes: Int
  package let partialBytes: Int
  package let outputBytes: Int
  package let hasEvents: Bool
}

extension WebSocketSession {
  /// As the properties say. Mutating, so that nothing is copied: a property of a session that is a class's state is read
  /// from a copy of the whole session, since the class might change it meanwhile.
  package mutating func counts() -> SessionCounts {
    SessionCounts(
      heldBytes: held.readableBytes, partialBytes: assembler.partialBytes, outputBytes: queue.byteCount,
      hasEvents: !events.isEmpty)
  }
}
