// The two kinds of ends that an application's WebSocket has.
import FreshetCore
import FreshetServer
import FreshetTransport

/// Where a WebSocket's messages come from and go to.
enum WebSocketEnd: Sendable {
  /// A call at the server.
  case server(ServerContext, RequestStream<WebSocketMessage>)
  case client(ClientSocket)

  /// Queues a message.
  /// - Returns: whether there is room for another one; if not, `waitForRoom` must follow.
  func put(_ output: WebSocketOutput) throws -> Bool {
    switch self {
    case .server(let context, _): return try context.put(output, WebSocketOutputCodec())
    case .client(let socket): return try socket.put(output)
    }
  }

  func waitForRoom() async throws(RPCError) {
    switch self {
    case .server(let context, _): try await context.waitForRoom()
    case .client(let socket): try await socket.stream.waitForRoom()
    }
  }

  /// Reads and drops what still comes, until the peer has closed.
  func awaitEnd() async {
    var messages = WebSocketMessages.AsyncIterator(self)
    while (try? await messages.next()) != nil {}
  }
}
