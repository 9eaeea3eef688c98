// Encodes a host's name for the authority of a request (RFC 3986 §3.2.2, grpc-channel.md R2).

enum AuthorityEncoding {
  /// The name with every byte except unreserved characters and sub-delimiters as `%` and two upper-case hex digits.
  static func encode(_ host: String) -> String {
    host.utf8.reduce(into: "") { text, byte in
      if isPlain(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~!$&'()*+,;=".utf8.contains(byte)
    }
  }
}
