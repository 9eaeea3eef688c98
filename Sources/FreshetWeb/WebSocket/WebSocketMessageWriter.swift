// Writes one message in fragments.
import FreshetCore
public import FreshetWebSocket
public import NIOCore

/// A message that is being sent (`WebSocket.send(_:_:)`). What is written goes out in fragments of 16 KiB, or as `flush`
/// divides it: receivers may limit the number of fragments.
public struct WebSocketMessageWriter: ~Copyable {
  /// From this size on a stream's queue does not copy frames.
  private static let fragmentBytes = 16 << 10

  /// What the message consists of.
  public let kind: WebSocketMessageKind
  private let end: WebSocketEnd
  /// The next fragment, behind the room for its head.
  private var fragment: ByteBuffer?
  private var validator = UTF8Validator()
  private var byteCount = 0
  private var failure: WebSocketError?

  init(_ end: WebSocketEnd, _ kind: WebSocketMessageKind) {
    self.end = end
    self.kind = kind
  }

  /// Appends bytes, and suspends while the peer, or the network, does not take more. Those of a text may be cut anywhere, but
  /// must be UTF-8 together.
  /// - Throws: `WebSocketError` once the WebSocket is closed, when the task was cancelled while it waited, or if the bytes
  ///   cannot be text. The message has failed then.
  public mutating func write(_ bytes: ByteBuffer) async throws(WebSocketError) {
    if let failure { throw failure }
    if kind == .text, let wrong = bytes.withUnsafeReadableBytes({ validator.accept($0) }) {
      throw fail(.notText("it is not UTF-8 after its first \(byteCount + wrong) bytes"))
    }
    byteCount += bytes.readableBytes
    var bytes = bytes
    while bytes.readableBytes > 0 {
      var fragment =
        self.fragment.take() ?? WebSocketItem(partOf: kind, isLast: false).buffer(payloadBytes: bytes.readableBytes)
      let room = Self.fragmentBytes + WebSocketForm.prefixBytes - fragment.readableBytes
      if let part = bytes.readSlice(length: min(room, bytes.readableBytes)) { fragment.writeImmutableBuffer(part) }
      self.fragment = fragment
      if fragment.readableBytes == Self.fragmentBytes + WebSocketForm.prefixBytes { try await flush() }
    }
  }

  /// Appends text, in UTF-8.
  /// - Throws: as for bytes.
  public mutating func write(_ text: String) async throws(WebSocketError) { try await write(ByteBuffer(string: text)) }

  /// Sends what was written so far, as a fragment.
  /// - Throws: as `write`.
  public mutating func flush() async throws(WebSocketError) {
    if let failure { throw failure }
    if let fragment = fragment.take(), try put(fragment) { return }
    try await waitForRoom()
  }

  /// Ends the message.
  mutating func finish() async throws(WebSocketError) {
    if let failure { throw failure }
    if !validator.isComplete { throw fail(.notText("its \(byteCount) bytes end within a code point")) }
    let item = WebSocketItem(partOf: kind, isLast: true)
    var fragment = fragment.take() ?? item.buffer(payloadBytes: 0)
    fragment.setInteger(item.rawValue, at: fragment.readerIndex)
    _ = try put(fragment)
    try await waitForRoom()  // even if there is some: a refusal is reported here
    end.noteSent(bytes: byteCount)
  }

  private mutating func put(_ fragment: ByteBuffer) throws(WebSocketError) -> Bool {
    do throws(RPCError) {
      return try end.put(fragment)
    } catch {
      throw fail(end.error(error))
    }
  }

  private mutating func waitForRoom() async throws(WebSocketError) {
    do throws(RPCError) {
      try await end.waitForRoom()
    } catch {
      throw fail(end.error(error))
    }
  }

  private mutating func fail(_ error: WebSocketError) -> WebSocketError {
    failure = error
    return error
  }
}

extension WebSocketError {
  fileprivate static func notText(_ reason: String) -> WebSocketError {
    WebSocketError(.invalidText, code: .internalError, "what was written as a text cannot be sent: \(reason)")
  }
}
