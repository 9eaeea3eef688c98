// A WebSocket as its application sees it.
import FreshetCore
public import FreshetWebSocket
public import NIOCore

/// Two streams of messages. May be used from any task; one at a time may read.
public struct WebSocket: Sendable {
  private let end: WebSocketEnd
  private let report: WebSocketReport
  private let gate = SendGate()

  /// The subprotocol that both sides have agreed on.
  public let subprotocol: String?

  init(_ end: WebSocketEnd, _ report: WebSocketReport, subprotocol: String?) {
    self.end = end
    self.report = report
    self.subprotocol = subprotocol
  }

  /// What the peer sends, message by message. It ends when the peer closes with 1000, 1001 or no code; any other end is an
  /// error. A reader that does not ask for more stops the peer.
  ///
  /// The messages are read once: an iterator continues where the previous one stopped.
  public var messages: WebSocketMessages { WebSocketMessages(end: end) }

  /// The code with which the peer has closed, or 1006 after the connection was lost; nil before.
  public var closeCode: CloseCode? { report.now.code }

  /// What the peer gave as the reason for its close.
  public var closeReason: String { report.now.reason }

  /// The round trip of the last ping; nil before its answer.
  public var latency: Duration? { report.now.latency }

  /// Sends a message, and suspends while the peer, or the network, does not take more.
  /// - Throws: `WebSocketError` once the WebSocket is closed, or when the task was cancelled while it waited.
  public func send(_ message: WebSocketMessage) async throws(WebSocketError) { try await send(.message(message)) }

  /// Sends text.
  /// - Throws: as for `send(_:)`.
  public func send(_ text: String) async throws(WebSocketError) { try await send(.message(.text(text))) }

  /// Sends bytes.
  /// - Throws: as for `send(_:)`.
  public func send(_ bytes: ByteBuffer) async throws(WebSocketError) { try await send(.message(.binary(bytes))) }

  /// Pings the peer; `latency` has the time that its answer took.
  /// - Throws: as for `send(_:)`.
  public func ping() async throws(WebSocketError) { try await send(.ping) }

  /// Closes the WebSocket behind everything that was sent. What the peer still sends is dropped, and `messages` end with
  /// its answer. No effect if it is closed.
  /// - Parameter reason: for people; what exceeds 123 bytes is cut off.
  /// - Precondition: the code may be sent: 1000–1003, 1007–1014, 3000–4999.
  public func finish(_ code: CloseCode = .normal, reason: String = "") async {
    precondition(code.isSendable, "the close code \(code) cannot be sent")
    try? await send(.close(code, reason: reason))
  }

  private func send(_ output: WebSocketOutput) async throws(WebSocketError) {
    do {
      if try end.put(output) { return }
      try await gate.pass { () async throws(RPCError) in try await end.waitForRoom() }
    } catch let error as RPCError {
      throw WebSocketError(error)
    } catch {
      throw WebSocketError(.lost, code: .abnormal, "\(error)")
    }
  }

  /// Its application is done, or has failed: closes, and waits for the peer's close.
  func conclude(_ code: CloseCode, reason: String) async {
    try? await send(.close(code, reason: reason))
    await end.awaitEnd()
  }
}
