// The messages of a WebSocket, in parts.
import FreshetCore
public import FreshetWebSocket

/// What the peer of a WebSocket sends, as its bytes arrive. Single-use: an iterator continues where the previous one stopped.
public struct WebSocketParts: AsyncSequence, Sendable {
  public typealias Element = WebSocketPart
  public typealias Failure = WebSocketError

  let end: WebSocketEnd

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(end: end) }

  public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
    public typealias Failure = WebSocketError

    let end: WebSocketEnd
    private var isOver = false

    init(end: WebSocketEnd) { self.end = end }

    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(WebSocketError) -> WebSocketPart? {
      if isOver { return nil }
      end.want(parts: true)
      if let beginning = end.form.intake.takeBeginning() { return beginning }
      do throws(RPCError) {
        if let part = if let ready = end.takeReady() { ready } else { try await end.next() } {
          if let count = end.form.intake.read(part) { end.noteReceived(bytes: count) }
          return part
        }
      } catch {
        isOver = true
        throw end.error(error)
      }
      isOver = true
      let report = end.form.report
      guard end.form.intake.isWithinMessage, !report.isClosedHere else { return nil }
      throw WebSocketError(
        .closedByPeer, code: report.now.code ?? .abnormal, "the peer has closed the WebSocket within a message")
    }
  }
}
