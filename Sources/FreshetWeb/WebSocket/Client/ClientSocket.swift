// A client's WebSocket, as long as its application holds it.
import FreshetTransport

/// The stream of a connection of its own. Closes with 1001 when it is released, unless the application has closed before.
final class ClientSocket: Sendable {
  let stream: TransportStream

  init(_ stream: TransportStream) { self.stream = stream }

  deinit { stream.close(.goingAway, reason: "") }
}
