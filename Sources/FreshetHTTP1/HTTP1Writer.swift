// Serializes HTTP/1.1 responses.
import FreshetHTTP
import NIOCore
import NIOHTTP1

/// Writes heads and bodies. Pure.
enum HTTP1Writer {
  /// The fields for connection and body, besides the call's own.
  struct Head {
    var framing: HTTP1BodyFraming
    var keepsAlive: Bool
    var isHTTP10: Bool
    var date: String
  }

  static let leaveToSend: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

  static func write(_ fields: HeaderFields, status: Int, _ head: Head, into buffer: inout ByteBuffer) {
    writeStatusLine(status, into: &buffer)
    var hasLength = false
    fields.forEach { name, value in
      if name.first == UInt8(ascii: ":") || name.elementsEqual("connection".utf8) { return }
      if name.elementsEqual("content-length".utf8) { hasLength = true }
      write(name, value, into: &buffer)
    }
    switch head.framing {
    case .length(let left): if !hasLength { buffer.writeString("content-length: \(left)\r\n") }
    case .chunked: buffer.writeString("transfer-encoding: chunked\r\n")
    case .none, .untilClose: break
    }
    buffer.writeString("date: \(head.date)\r\n")
    if !head.keepsAlive {
      buffer.writeString("connection: close\r\n")
    } else if head.isHTTP10 {
      buffer.writeString("connection: keep-alive\r\n")
    }
    buffer.writeString("\r\n")
  }

  /// A response by the carrier itself, with the reason as its text.
  static func write(_ refusal: HTTP1Refusal, date: String, into buffer: inout ByteBuffer) {
    writeStatusLine(refusal.status, into: &buffer)
    let text = refusal.reason + "\n"
    buffer.writeString(
      "content-type: text/plain; charset=utf-8\r\ncontent-length: \(text.utf8.count)\r\ndate: \(date)\r\n"
        + "connection: close\r\n\r\n\(text)")
  }

  static func writeTrailers(_ fields: HeaderFields, into buffer: inout ByteBuffer) {
    buffer.writeStaticString("0\r\n")
    fields.forEach { name, value in write(name, value, into: &buffer) }
    buffer.writeStaticString("\r\n")
  }

  private static func writeStatusLine(_ status: Int, into buffer: inout ByteBuffer) {
    buffer.writeString("HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n")
  }

  private static func write(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, into buffer: inout ByteBuffer
  ) {
    buffer.writeBytes(name)
    buffer.writeStaticString(": ")
    buffer.writeBytes(value)
    buffer.writeStaticString("\r\n")
  }
}
