// The messages of a WebSocket as an async sequence.
import FreshetCore
import FreshetServer
import FreshetTransport
public import FreshetWebSocket

/// What the peer of a WebSocket sends. Single-use: an iterator continues where the previous one stopped.
public struct WebSocketMessages: AsyncSequence, Sendable {
  public typealias Element = WebSocketMessage
  public typealias Failure = WebSocketError

  let end: WebSocketEnd

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(end) }

  public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
    public typealias Failure = WebSocketError

    private enum Source {
      case server(RequestStream<WebSocketMessage>.AsyncIterator)
      case client(ClientSocket)
      /// Its end was reached.
      case over
    }

    private var source: Source

    init(_ end: WebSocketEnd) {
      source =
        switch end {
        case .server(_, let requests): .server(requests.makeAsyncIterator())
        case .client(let socket): .client(socket)
        }
    }

    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(WebSocketError) -> WebSocketMessage? {
      do throws(RPCError) {
        if let message = try await read(isolation: actor) { return message }
      } catch {
        source = .over
        throw WebSocketError(error)
      }
      source = .over
      return nil
    }

    private mutating func read(isolation actor: isolated (any Actor)?) async throws(RPCError) -> WebSocketMessage? {
      switch source {
      case .over: return nil
      case .server(var requests):
        defer { source = .server(requests) }
        return try await requests.next(isolation: actor)
      case .client(let socket):
        let message = if let ready = socket.stream.takeReady() { ready } else { try await socket.stream.next() }
        return message.map { WebSocketInputCodec.message($0.payload) }
      }
    }
  }
}
