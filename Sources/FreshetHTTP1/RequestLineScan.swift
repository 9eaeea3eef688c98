// Checks of request lines in which NIO's parser is lenient.

/// Checks a request line incrementally: RFC 9112 §3 requires single spaces between its parts, and §2.2 a CR before the
/// LF (web.md W101). Pure.
struct RequestLineScan {
  private enum Place {
    case method
    case targetStart
    case rest
    /// After the line.
    case done
  }

  private var place = Place.method
  private var methodBytes = 0
  private var last: UInt8 = 0

  /// - Throws: a refusal for input that the parser would accept or take for an unknown method.
  mutating func take(_ bytes: UnsafeRawBufferPointer) throws(HTTP1Refusal) {
    if case .done = place { return }
    for byte in bytes {
      switch place {
      case .method where byte == UInt8(ascii: " ") && methodBytes > 0: place = .targetStart
      case .method where (byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")) && methodBytes == 0:
        break  // empty lines before a request are skipped (RFC 9112 §2.2)
      case .method:
        guard Self.isTokenByte(byte) else { throw .badRequest("the request line has no proper method") }
        methodBytes += 1
      case .targetStart:
        if byte == UInt8(ascii: " ") { throw .badRequest("the request line has two spaces in a row") }
        place = .rest
      case .rest where byte == UInt8(ascii: "\n"):
        if last != UInt8(ascii: "\r") { throw .badRequest("the request line does not end with CR LF") }
        place = .done
        return
      case .rest where byte == UInt8(ascii: " ") && last == byte:
        throw .badRequest("the request line has two spaces in a row")
      case .rest: break
      case .done: return
      }
      last = byte
    }
  }

  /// RFC 9110 §5.6.2.
  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
      UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"),
      UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
