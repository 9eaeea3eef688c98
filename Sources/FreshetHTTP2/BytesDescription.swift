// Names what a peer sent instead of HTTP/2, for error messages.

/// What the first bytes of a connection look like to a person.
enum BytesDescription {
  static func of(_ bytes: UnsafeRawBufferPointer?) -> String {
    guard let bytes, !bytes.isEmpty else { return "nothing" }
    if bytes.count >= 3, bytes[0] == 0x16, bytes[1] == 0x03 { return "a TLS handshake on a plaintext port" }
    let line = bytes.prefix(64).prefix { $0 != 0x0d && $0 != 0x0a }
    let isText = !line.isEmpty && line.allSatisfy { (0x20...0x7e).contains($0) }
    guard isText else { return "bytes " + bytes.prefix(16).map { hex($0) }.joined(separator: " ") }
    // A query may hold a password.
    let path = line.prefix { $0 != UInt8(ascii: "?") }
    let text = String(decoding: path, as: UTF8.self) + (path.count < line.count ? "?…" : "")
    return String(decoding: line, as: UTF8.self).contains("HTTP/1.") ? "an HTTP/1 request: “\(text)”" : "“\(text)”"
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }
}
