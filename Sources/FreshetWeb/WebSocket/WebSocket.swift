// A WebSocket as its application sees it.
import FreshetCore
public import FreshetWebSocket
public import NIOCore

/// Two streams of messages. May be used from any task; one at a time may read.
public struct WebSocket: Sendable {
  let end: WebSocketEnd
  private let gate = SendGate()

  /// The subprotocol that both sides have agreed on.
  public let subprotocol: String?

  init(_ end: WebSocketEnd, subprotocol: String?) {
    self.end = end
    self.subprotocol = subprotocol
  }

  /// The code with which the peer has closed, or 1006 after the connection was lost; nil before.
  public var closeCode: CloseCode? { end.form.report.now.code }

  /// What the peer gave as the reason for its close.
  public var closeReason: String { end.form.report.now.reason }

  /// The round trip of the last ping; nil before its answer.
  public var latency: Duration? { end.form.report.now.latency }

  // MARK: Receiving

  /// What the peer sends, message by message. It ends when the peer closes with 1000, 1001 or no code; any other end is an
  /// error. A reader that does not ask for more stops the peer.
  ///
  /// The messages are read once: an iterator continues where the previous one stopped. A message of which parts were read
  /// (``parts``) is skipped.
  public var messages: WebSocketMessages { WebSocketMessages(end: end) }

  /// The texts that the peer sends; otherwise as `messages`. A binary message closes the WebSocket with 1003, and is an
  /// error of kind `unexpectedKind`.
  public var texts: WebSocketTexts { WebSocketTexts(end: end) }

  /// The binary messages that the peer sends; otherwise as `messages`. A text closes the WebSocket with 1003, and is an
  /// error of kind `unexpectedKind`.
  public var binaries: WebSocketBinaries { WebSocketBinaries(end: end) }

  /// What the peer sends, in parts as their bytes arrive: for messages that are larger than memory, or whose beginning is
  /// of use already. `maxMessageBytes` does not apply.
  ///
  /// ```swift
  /// var size = 0
  /// for try await part in socket.parts {
  ///   size += part.bytes.readableBytes
  ///   if part.isLast { break }
  /// }
  /// ```
  ///
  /// Otherwise as `messages`, which a reader may change to and from, also within a message. An end within a message of
  /// which parts were read is always an error, whatever the peer's code.
  public var parts: WebSocketParts { WebSocketParts(end: end) }

  // MARK: Sending

  /// Sends a message, and suspends while the peer, or the network, does not take more.
  /// - Throws: `WebSocketError` once the WebSocket is closed, or when the task was cancelled while it waited.
  public func send(_ message: WebSocketMessage) async throws(WebSocketError) {
    try await enter()
    defer { gate.leave() }
    do throws(RPCError) {
      if try end.put(message) { return }
      try await end.waitForRoom()
    } catch {
      throw end.error(error)
    }
  }

  /// Sends text.
  /// - Throws: as for `send(_:)`.
  public func send(_ text: String) async throws(WebSocketError) { try await send(.text(text)) }

  /// Sends bytes.
  /// - Throws: as for `send(_:)`.
  public func send(_ bytes: ByteBuffer) async throws(WebSocketError) { try await send(.binary(bytes)) }

  /// Sends one message, in fragments, while `body` writes it: for what is larger than memory, or not known yet.
  ///
  /// ```swift
  /// try await socket.send(.text) { writer in
  ///   for try await row in rows { try await writer.write("\(row)\n") }
  /// }
  /// ```
  ///
  /// What other tasks send waits until the message is complete, so `body` must not wait for that; pings and closes do not
  /// wait. If `body` throws, or something that it wrote could not be sent, the message cannot be completed: the WebSocket
  /// is closed, with 1001 if the task was cancelled, with the code of a `WebSocketError` that has one, otherwise with 1011.
  ///
  /// - Throws: what `body` throws; `WebSocketError` as `send(_:)`.
  public func send(
    _ kind: WebSocketMessageKind, _ body: (inout WebSocketMessageWriter) async throws -> Void
  ) async throws {
    try await enter()
    defer { gate.leave() }
    var writer = WebSocketMessageWriter(end, kind)
    do {
      try await body(&writer)
      try await writer.finish()
    } catch {
      let code = error is WebSocketError || error is CancellationError ? CloseCode(thrown: error) : .internalError
      end.close(code, reason: "a message could not be completed")
      throw error
    }
  }

  /// Waits until no other message is being sent.
  private func enter() async throws(WebSocketError) {
    if end.form.report.isClosedHere { throw .closedHere }
    if gate.tryEnter() { return }
    guard await gate.enter() else {
      throw WebSocketError(.cancelled, code: .goingAway, "the task was cancelled while it waited to send")
    }
    if end.form.report.isClosedHere {
      gate.leave()
      throw .closedHere
    }
  }

  /// Pings the peer; `latency` has the time that its answer took. A ping that is still to be sent is replaced.
  /// - Throws: `WebSocketError` once the WebSocket is closed.
  public func ping() async throws(WebSocketError) { try await end.ping() }

  /// Closes the WebSocket behind everything that was sent. What the peer still sends is dropped, and `messages` end with
  /// its answer. No effect if it is closed.
  /// - Parameter reason: for people; what exceeds 123 bytes is cut off.
  /// - Precondition: the code may be sent: 1000–1003, 1007–1014, 3000–4999.
  public func finish(_ code: CloseCode = .normal, reason: String = "") async {
    precondition(code.isSendable, "the close code \(code) cannot be sent")
    end.close(code, reason: reason)
  }

  /// Its application is done, or has failed: closes, and waits for the peer's close.
  func conclude(_ code: CloseCode, reason: String) async {
    end.close(code, reason: reason)
    await end.awaitEnd()
  }
}

extension WebSocketError {
  fileprivate static let closedHere = WebSocketError(
    .closed, code: .abnormal, "nothing can be sent after the WebSocket was closed")
}
