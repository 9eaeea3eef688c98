// Writes the few shapes of JSON that Connect has for errors and ends.
import NIOCore

extension ByteBuffer {
  /// A text in quotes (RFC 8259 §7).
  mutating func writeJSON(_ text: String) {
    writeInteger(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): writeStaticString("\\\"")
      case UInt8(ascii: "\\"): writeStaticString("\\\\")
      case 0x0A: writeStaticString("\\n")
      case 0x0D: writeStaticString("\\r")
      case 0x09: writeStaticString("\\t")
      case 0..<0x20: writeString("\\u00" + (byte < 16 ? "0" : "1") + String(byte & 15, radix: 16))
      default: writeInteger(byte)
      }
    }
    writeInteger(UInt8(ascii: "\""))
  }

  /// What is between `open` and `close`, divided by commas.
  mutating func writeJSON<Items: Sequence>(
    _ items: Items, in brackets: (open: StaticString, close: StaticString),
    _ write: (inout ByteBuffer, Items.Element) -> Void
  ) {
    writeStaticString(brackets.open)
    var isFirst = true
    for item in items {
      if !isFirst { writeStaticString(",") }
      isFirst = false
      write(&self, item)
    }
    writeStaticString(brackets.close)
  }
}
