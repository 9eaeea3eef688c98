// Which texts of an application may be used in the header fields of gRPC and HTTP/2 themselves.

/// HPACK carries any bytes, and nghttp2 sends what it is given. A peer resets the call for some of them, and a proxy
/// that speaks HTTP/1.1 upstream may split them into several fields (RFC 9113 §10.3).
package enum FieldText {
  /// Whether this may be a `:path`: it begins with a slash and is visible ASCII.
  package static func isPath(_ text: String) -> Bool {
    text.utf8.first == UInt8(ascii: "/") && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }

  /// Whether this may name a message encoding or a content-subtype: a lower-case token (RFC 9110 §5.6.2).
  package static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        isLowerCaseOrDigit(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
      }
  }

  /// Whether this may be an `:authority`: a host and a port in the characters of RFC 3986 §3.2. The zone of an IPv6
  /// address means nothing to the peer (RFC 6874 §4).
  package static func isAuthority(_ text: String) -> Bool {
    !text.isEmpty && !(text.hasPrefix("[") && text.contains("%"))
      && text.utf8.allSatisfy { byte in
        isLowerCaseOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
          || "-._~!$&'()*+,;=:@[]%".utf8.contains(byte)
      }
  }

  private static func isLowerCaseOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
