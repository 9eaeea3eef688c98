// The line of a loop's connections whose TLS handshakes are to go on.
import DequeModule
import NIOCore

/// First come, first served; a turn of the loop serves some. A flood of handshakes, each of which takes a tenth of a
/// millisecond to some milliseconds, would else keep the calls of all other connections waiting.
struct HandshakeLine {
  private var waiting: Deque<TransportConnection> = []

  var isEmpty: Bool { waiting.isEmpty }

  mutating func add(_ connection: TransportConnection) { waiting.append(connection) }

  /// The first one that has not been closed meanwhile.
  mutating func next() -> TransportConnection? {
    while let first = waiting.popFirst() {
      if !first.state.isClosed { return first }
    }
    return nil
  }
}
