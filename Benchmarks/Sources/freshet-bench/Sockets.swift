// The WebSockets that all peers serve: an echo, and a fan-out.
import Freshet
import FreshetStreams
import FreshetWeb

extension WebConfiguration {
  /// What is sent to `/publish` goes to all sockets at `/subscribe`.
  static var bench: WebConfiguration {
    let (sink, published) = channel(of: WebSocketMessage.self, capacity: 16)
    let messages = Broadcast(published)
    return WebConfiguration {
      $0.webSocket("/echo") { socket, _ in
        for try await message in socket.messages { try await socket.send(message) }
      }
      $0.webSocket("/subscribe") { _, _ in messages.subscribe() }
      $0.webSocket("/publish") { socket, _ in
        for try await message in socket.messages { try await sink.send(message) }
      }
    }
  }
}
