// What a WebSocket carries, and how it passes through the machinery of calls.
import FreshetCore
import FreshetWebSocket
public import NIOCore

/// A message of a WebSocket.
public enum WebSocketMessage: Sendable, Hashable {
  case text(String)
  case binary(ByteBuffer)
}

/// A message, or a command, as the first byte of a buffer says.
enum WebSocketItem: UInt8 {
  case text = 0
  case binary = 1
  case ping = 2
  /// A close with this code and reason.
  case close = 3

  init(_ kind: WebSocketMessageKind) { self = kind == .text ? .text : .binary }
}

/// What a handler sends.
enum WebSocketOutput: Sendable {
  case message(WebSocketMessage)
  case ping
  case close(CloseCode, reason: String)
}

/// Received messages have their kind in the first byte.
struct WebSocketInputCodec: Codec {
  let contentSubtype = "websocket"

  func encode(_ message: WebSocketMessage, reservingPrefix prefixBytes: Int) throws -> ByteBuffer {
    try WebSocketOutputCodec().encode(.message(message), reservingPrefix: prefixBytes)
  }

  func decode(_ bytes: ByteBuffer) throws -> WebSocketMessage { Self.message(bytes) }

  static func message(_ bytes: ByteBuffer) -> WebSocketMessage {
    var bytes = bytes
    let item: UInt8? = bytes.readInteger()
    return item == WebSocketItem.text.rawValue ? .text(String(buffer: bytes)) : .binary(bytes)
  }
}

/// What is sent has its kind in the first of the bytes that are reserved for a frame's head.
struct WebSocketOutputCodec: Codec {
  let contentSubtype = "websocket"

  func encode(_ output: WebSocketOutput, reservingPrefix prefixBytes: Int) throws -> ByteBuffer {
    switch output {
    case .message(.text(let text)):
      var buffer = Self.buffer(.text, prefixBytes, text.utf8.count)
      buffer.writeString(text)
      return buffer
    case .message(.binary(let bytes)):
      var buffer = Self.buffer(.binary, prefixBytes, bytes.readableBytes)
      buffer.writeImmutableBuffer(bytes)
      return buffer
    case .ping: return Self.buffer(.ping, prefixBytes, 0)
    case .close(let code, let reason): return Self.close(code, reason: reason, prefixBytes: prefixBytes)
    }
  }

  static func close(_ code: CloseCode, reason: String, prefixBytes: Int) -> ByteBuffer {
    var buffer = Self.buffer(.close, prefixBytes, 2 + reason.utf8.count)
    buffer.writeInteger(code.rawValue)
    buffer.writeString(reason)
    return buffer
  }

  private static func buffer(_ item: WebSocketItem, _ prefixBytes: Int, _ count: Int) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: prefixBytes + count)
    buffer.writeInteger(item.rawValue)
    buffer.writeRepeatingByte(0, count: prefixBytes - 1)
    return buffer
  }

  func decode(_ bytes: ByteBuffer) throws -> WebSocketOutput { .message(try WebSocketInputCodec().decode(bytes)) }
}
