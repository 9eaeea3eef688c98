// Serializes the heads of HTTP/1.1 requests.
import FreshetHTTP
import NIOCore

/// Pure.
enum HTTP1RequestWriter {
  /// - Parameters:
  ///   - fields: in HTTP/2's form, validated.
  ///   - bodyBytes: the length of the body; nil if it is unknown.
  static func write(_ fields: HeaderFields, bodyBytes: Int?, into buffer: inout ByteBuffer) {
    let verb = fields.first(":method") ?? "POST"
    buffer.writeString(
      "\(verb) \(fields.first(":path") ?? "/") HTTP/1.1\r\nhost: \(fields.first(":authority") ?? "")\r\n")
    fields.forEach { name, value in
      if name.first == UInt8(ascii: ":") || name.elementsEqual("te".utf8) { return }
      buffer.writeBytes(name)
      buffer.writeStaticString(": ")
      buffer.writeBytes(value)
      buffer.writeStaticString("\r\n")
    }
    if let bodyBytes {
      // A GET without a body has no length either (RFC 9110 §8.6).
      if bodyBytes > 0 || verb != "GET" { buffer.writeString("content-length: \(bodyBytes)\r\n") }
    } else {
      buffer.writeStaticString("transfer-encoding: chunked\r\n")
    }
    buffer.writeStaticString("\r\n")
  }
}
