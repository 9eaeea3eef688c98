// Names what a peer sent instead of HTTP/2, for error messages.

/// Describes the first bytes of a connection to a person.
enum BytesDescription {
  /// The error for a client whose connection does not begin with HTTP/2's preface (RFC 9113 section 3.4).
  static func error(_ bytes: UnsafeRawBufferPointer?) -> HTTP2Error {
    HTTP2Error(
      bytes.map(isHTTP1) == true ? .http1Request : .badPreface,
      "expected the HTTP/2 connection preface, got \(of(bytes))")
  }

  static func of(_ bytes: UnsafeRawBufferPointer?) -> String {
    guard let bytes, !bytes.isEmpty else { return "nothing" }
    if bytes.starts(with: [0x16, 0x03]), bytes.count > 2 { return "a TLS handshake on a plaintext port" }
    if let version = proxyVersion(bytes) {
      return
        "a PROXY protocol v\(version) header, which is not supported: the load balancer must not send it"
    }
    if isSettings(bytes) { return "an HTTP/2 SETTINGS frame without the preface before it" }
    let line = firstLine(bytes)
    let isText = !line.isEmpty && line.allSatisfy { (0x20...0x7e).contains($0) }
    guard isText else { return "bytes " + bytes.prefix(16).map { hex($0) }.joined(separator: " ") }
    // A query may contain a password.
    let path = line.prefix { $0 != UInt8(ascii: "?") }
    let text = String(decoding: path, as: UTF8.self) + (path.count < line.count ? "?…" : "")
    return isHTTP1(bytes) ? "an HTTP/1 request: “\(text)”" : "“\(text)”"
  }

  private static func firstLine(_ bytes: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
    bytes.prefix(64).prefix { $0 != 0x0d && $0 != 0x0a }
  }

  /// RFC 9112 section 3: a method, a target, and the version, which a long target hides.
  private static func isHTTP1(_ bytes: UnsafeRawBufferPointer) -> Bool {
    methods.contains { bytes.starts(with: $0.utf8) }
      || String(decoding: firstLine(bytes), as: UTF8.self).contains("HTTP/1.")
  }

  private static let methods = ["GET /", "HEAD /", "POST /", "PUT /", "DELETE /", "PATCH /", "OPTIONS ", "CONNECT "]

  /// The header by which a load balancer names the client: a line, or a signature of twelve bytes.
  private static func proxyVersion(_ bytes: UnsafeRawBufferPointer) -> Int? {
    if bytes.starts(with: "PROXY ".utf8) { return 1 }
    return bytes.count >= 5 && bytes.prefix(12).elementsEqual("\r\n\r\n\0\r\nQUIT\n".utf8.prefix(bytes.count)) ? 2 : nil
  }

  /// RFC 9113 section 6.5: a length of three bytes, type 4, no flags, stream 0.
  private static func isSettings(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 9 && bytes[0] == 0 && bytes[3] == 4 && bytes[4...8].allSatisfy { $0 == 0 }
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }
}
