// Serializes HTTP/1.1 responses.
import FreshetHTTP
import FreshetText
import NIOCore

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

  /// What the fields of a response say of it.
  struct Fields {
    var status = 500
    /// The Content-Length.
    var length: Int?
    var hasLength = false
    var closes = false

    init(_ fields: HeaderFields) {
      fields.forEach { name, value in
        switch name.count {
        case 7 where name.equals(":status"): status = Self.number(value) ?? 500
        case 10 where name.equals("connection"): closes = value.equals("close")
        case 14 where name.equals("content-length"):
          length = Self.number(value)
          hasLength = true
        default: break
        }
      }
    }

    private static func number(_ text: UnsafeRawBufferPointer) -> Int? { Int(String(decoding: text, as: UTF8.self)) }
  }

  static func write(_ fields: HeaderFields, _ found: Fields, _ head: Head, into buffer: inout ByteBuffer) {
    if found.status == 200 {
      buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
    } else {
      writeStatusLine(found.status, into: &buffer)
    }
    // Each field has 32 bytes of its own in `listBytes`, four of which are written.
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: fields.listBytes) { memory in
      var lines = Lines(memory)
      fields.forEach { name, value in
        if name.first == UInt8(ascii: ":") || name.count == 10 && name.equals("connection") { return }
        lines.write(name, value)
      }
      return lines.count
    }
    switch head.framing {
    case .length(let left): if !found.hasLength { buffer.writeString("content-length: \(left)\r\n") }
    case .chunked: buffer.writeStaticString("transfer-encoding: chunked\r\n")
    case .none, .untilClose: break
    }
    buffer.writeStaticString("date: ")
    buffer.writeString(head.date)
    if !head.keepsAlive {
      buffer.writeStaticString("\r\nconnection: close\r\n\r\n")
    } else if head.isHTTP10 {
      buffer.writeStaticString("\r\nconnection: keep-alive\r\n\r\n")
    } else {
      buffer.writeStaticString("\r\n\r\n")
    }
  }

  /// The last head before another protocol, whose name is among the fields.
  static func writeSwitch(_ fields: HeaderFields, date: String, into buffer: inout ByteBuffer) {
    writeStatusLine(101, into: &buffer)
    fields.forEach { name, value in
      if name.first != UInt8(ascii: ":") { write(name, value, into: &buffer) }
    }
    buffer.writeString("date: \(date)\r\n\r\n")
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
    buffer.writeString("HTTP/1.1 \(status) \(HTTP1ReasonPhrase.text(of: status))\r\n")
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

/// Field lines, in memory that has room for them.
private struct Lines {
  private let memory: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

  mutating func write(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    write(name)
    write(": ")
    write(value)
    write("\r\n")
  }

  private mutating func write(_ bytes: UnsafeRawBufferPointer) {
    UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
    count += bytes.count
  }

  private mutating func write(_ text: StaticString) {
    write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
