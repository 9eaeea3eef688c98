// An application's end of a WebSocket, which is a call at the server and a stream of its own at the client.
import FreshetCore
import FreshetServer
import FreshetTransport
import FreshetWebSocket
import NIOCore

/// Where a WebSocket's messages come from and go to.
struct WebSocketEnd: Sendable {
  /// What the end belongs to.
  enum Owner: Sendable {
    case call(ServerContext)
    case client(ClientSocket)
  }

  let stream: TransportStream
  let form: WebSocketForm
  let owner: Owner

  init(_ owner: Owner, _ form: WebSocketForm) {
    self.owner = owner
    self.form = form
    stream =
      switch owner {
      case .call(let context): context.stream
      case .client(let socket): socket.stream
      }
  }

  // MARK: Sending

  /// Queues a message.
  /// - Returns: whether there is room for another one; if not, `waitForRoom` must follow.
  func put(_ message: WebSocketMessage) throws(RPCError) -> Bool {
    let encoded = WebSocketItem.encode(message)
    switch owner {
    case .call(let context): return try context.put(encoded: encoded)
    case .client: return try put(encoded)
    }
  }

  /// Queues what begins with an item; otherwise the same.
  func put(_ buffer: consuming ByteBuffer) throws(RPCError) -> Bool { try stream.put(buffer) }

  func waitForRoom() async throws(RPCError) { try await stream.waitForRoom() }

  /// Queues a close, which nothing waits for.
  func close(_ code: CloseCode, reason: String) {
    form.report.closeHere()
    stream.close(code, reason: reason)
  }

  /// A message was sent in parts.
  func noteSent(bytes: Int) {
    if case .call(let context) = owner { context.noteResponse(bytes: bytes) }
  }

  func ping() async throws(WebSocketError) {
    stream.handOverHeld()
    let form = form
    if let error = await stream.executor.call({ form.sendPingNow() }) { throw error }
  }

  // MARK: Receiving

  /// Tells the form what the next reader takes.
  func want(parts: Bool) {
    let form = form
    if form.intake.want(parts: parts) { stream.executor.run { form.deliverParts(parts) } }
  }

  /// The next message or part, if it is there.
  func takeReady() -> WebSocketPart? {
    if Task.isCancelled { return nil }  // `next` throws the error
    return stream.takeReady().map { WebSocketPart($0) }
  }

  /// Waits for the next message or part.
  @inline(__always)  // saves a frame
  func next() async throws(RPCError) -> WebSocketPart? {
    if Task.isCancelled { throw RPCError(code: .cancelled, message: "the task that read was cancelled") }
    return try await stream.next().map { WebSocketPart($0) }
  }

  /// A message was read.
  func noteReceived(bytes: Int) {
    if case .call(let context) = owner { context.noteRequest(bytes: bytes) }
  }

  /// Reads and drops what still comes, until the peer has closed.
  func awaitEnd() async {
    do throws(RPCError) {
      while try await next() != nil {}
    } catch {}
  }

  /// Why something failed that the calling task did.
  func error(_ error: RPCError) -> WebSocketError {
    if let cause = error.cause as? WebSocketError { return cause }
    if Task.isCancelled, form.report.now.code == nil {
      return WebSocketError(.cancelled, code: .goingAway, "the task that used the WebSocket was cancelled")
    }
    return WebSocketError(error)
  }
}

extension TransportStream {
  /// Queues a WebSocket's close.
  func close(_ code: CloseCode, reason: String) {
    _ = try? put(WebSocketItem.close(code, reason: reason))
    handOverHeld()
  }
}
