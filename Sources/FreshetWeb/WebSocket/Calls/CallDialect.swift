// How a call is put into the messages of a WebSocket.
import FreshetCore
import FreshetHTTP
import FreshetWebSocket
import NIOCore

/// One of the ways in which clients call methods over a WebSocket, one call for each. Pure.
protocol CallDialect: Sendable {
  /// The kind of the messages that are sent.
  var kind: WebSocketMessageKind { get }

  /// Reads the first message of a client, the head of its request.
  /// - Returns: its fields, with names in lower case.
  /// - Throws: `INTERNAL` if it is none.
  func readHead(_ kind: WebSocketMessageKind, _ message: ByteBuffer) throws(RPCError) -> HeaderFields

  /// Reads another message.
  /// - Throws: `INTERNAL` if it breaks the dialect's rules.
  func read(_ kind: WebSocketMessageKind, _ message: ByteBuffer) throws(RPCError) -> CallItem

  func write(head fields: HeaderFields) -> ByteBuffer
  func write(end fields: HeaderFields) -> ByteBuffer

  /// Turns a message in gRPC's framing into one of the WebSocket.
  /// - Returns: the message, and how many bytes before it are free.
  func write(framed message: consuming ByteBuffer) -> (ByteBuffer, room: Int)

  /// Permits the client to send so many more messages; nil if clients ask for no permission.
  func write(credit: UInt32) -> ByteBuffer?
}

/// What a message of the client's is, besides the first.
enum CallItem: Equatable {
  /// A message, with gRPC's prefix before it.
  case message(ByteBuffer, isCompressed: Bool)
  /// Bytes of messages in gRPC's framing.
  case bytes(ByteBuffer)
  /// The request's end.
  case end
  /// So many more messages may be sent to the client.
  case credit(UInt32)
}

/// The subprotocols in which methods are called.
enum CallSubprotocol: String, CaseIterable {
  /// Freshet's own (web.md W92).
  case freshet = "grpc.freshet.v1"
  /// That of the archived `@improbable-eng/grpc-web` (web.md W90).
  case improbable = "grpc-websockets"

  static let names = allCases.map(\.rawValue)
}

extension RPCError {
  /// A client broke the rules of its dialect.
  static func dialect(_ problem: String) -> RPCError { RPCError(code: .internal, message: problem) }
}

extension HeaderFields {
  /// Calls `body` with each field that a client of a socket is to see: not those of HTTP, nor the content type that the
  /// client has chosen itself.
  func forEachOfSocket(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
    forEach { name, value in
      if name.first == UInt8(ascii: ":") || name.elementsEqual("content-type".utf8) { return }
      body(name, value)
    }
  }

  /// The same fields, of which `grpc-status` precedes the others.
  var withStatusFirst: HeaderFields {
    guard let status = first("grpc-status") else { return self }
    var fields: HeaderFields = ["grpc-status": status]
    forEach { name, value in if !name.elementsEqual("grpc-status".utf8) { fields.append(name, value) } }
    return fields
  }

  /// Lines of `name: value`.
  func lines(behind prefix: [UInt8]) -> ByteBuffer {
    var buffer = ByteBuffer(bytes: prefix)
    forEachOfSocket { name, value in
      buffer.writeBytes(name)
      buffer.writeStaticString(": ")
      buffer.writeBytes(value)
      buffer.writeStaticString("\r\n")
    }
    return buffer
  }
}
