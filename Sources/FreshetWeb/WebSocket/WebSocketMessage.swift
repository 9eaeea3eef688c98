// What a WebSocket carries, and how it passes through the machinery of calls.
import FreshetCore
public import FreshetWebSocket
public import NIOCore

/// A message of a WebSocket.
public enum WebSocketMessage: Sendable, Hashable {
  case text(String)
  case binary(ByteBuffer)
}

/// A part of a message, as `WebSocket.parts` delivers it.
public struct WebSocketPart: Sendable, Hashable {
  /// Of the message.
  public var kind: WebSocketMessageKind
  /// Whole code points, if the message is text. The last part of a message may be empty.
  public var bytes: ByteBuffer
  /// Whether the message ends with it.
  public var isLast: Bool

  public init(_ kind: WebSocketMessageKind, _ bytes: ByteBuffer, isLast: Bool) {
    (self.kind, self.bytes, self.isLast) = (kind, bytes, isLast)
  }

  /// The part as text.
  public var text: String { String(buffer: bytes) }
}

extension WebSocketMessage {
  init(_ part: WebSocketPart) { self = part.kind == .text ? .text(part.text) : .binary(part.bytes) }
}

/// A message, a part of one, or a command, as the first byte of what is sent says, and the mark of what was received.
enum WebSocketItem: UInt8 {
  /// A whole message; of those received also the last part of one.
  case text = 0
  case binary = 1
  /// A part that others follow.
  case textPart = 2
  case binaryPart = 3
  /// The last part of a message that is sent.
  case lastText = 4
  case lastBinary = 5
  /// A close with this code and reason.
  case close = 6

  /// What is received.
  init(_ kind: WebSocketMessageKind, isLast: Bool) {
    self =
      switch kind {
      case .text: isLast ? .text : .textPart
      case .binary: isLast ? .binary : .binaryPart
      }
  }

  /// A part that is sent.
  init(partOf kind: WebSocketMessageKind, isLast: Bool) {
    self =
      switch kind {
      case .text: isLast ? .lastText : .textPart
      case .binary: isLast ? .lastBinary : .binaryPart
      }
  }

  /// A buffer with the item in the first of the bytes that are reserved for a frame's head.
  func buffer(payloadBytes: Int) -> ByteBuffer {
    let prefixBytes = WebSocketForm.prefixBytes
    var buffer = BufferPool.buffer(capacity: prefixBytes &+ payloadBytes)
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: prefixBytes) { memory in
      for index in 0..<prefixBytes { memory[index] = 0 }
      memory[0] = rawValue
      return prefixBytes
    }
    return buffer
  }

  /// A message as it is sent.
  static func encode(_ message: WebSocketMessage) -> ByteBuffer {
    switch message {
    case .text(let text):
      var buffer = WebSocketItem.text.buffer(payloadBytes: text.utf8.count)
      buffer.writeString(text)
      return buffer
    case .binary(let bytes):
      var buffer = WebSocketItem.binary.buffer(payloadBytes: bytes.readableBytes)
      buffer.writeImmutableBuffer(bytes)
      return buffer
    }
  }

  static func close(_ code: CloseCode, reason: String) -> ByteBuffer {
    var buffer = WebSocketItem.close.buffer(payloadBytes: 2 + reason.utf8.count)
    buffer.writeInteger(code.rawValue)
    buffer.writeString(reason)
    return buffer
  }
}

extension WebSocketPart {
  /// What was received, marked with its item.
  init(_ message: MessageDeframer.Message) {
    let item = WebSocketItem(rawValue: message.mark)
    self.init(
      item == .text || item == .textPart ? .text : .binary, message.payload, isLast: item == .text || item == .binary)
  }
}

/// For what passes through a call as requests and responses; a WebSocket's messages do not (`WebSocketEnd`).
struct WebSocketCodec: Codec {
  let contentSubtype = "websocket"

  func encode(_ message: WebSocketMessage, reservingPrefix prefixBytes: Int) throws -> ByteBuffer {
    WebSocketItem.encode(message)
  }

  func decode(_ bytes: ByteBuffer) throws -> WebSocketMessage { .binary(bytes) }
}
