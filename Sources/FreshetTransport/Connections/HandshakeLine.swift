// A loop's queue of connections with pending TLS handshakes.
import DequeModule
import NIOCore

/// First come, first served; a turn of the loop processes some of them. A flood of handshakes, each of which takes 0.1
/// ms to a few milliseconds, would otherwise delay the calls of all other connections.
struct HandshakeLine {
  private var waiting: Deque<TransportConnection> = []

  var isEmpty: Bool { waiting.isEmpty }

  mutating func add(_ connection: TransportConnection) { waiting.append(connection) }

  /// The first one that has not been closed.
  mutating func next() -> TransportConnection? {
    while let first = waiting.popFirst() {
      if !first.state.phase.isClosed { return first }
    }
    return nil
  }
}
