// Recognises a server that does not speak HTTP/2, by its first bytes.
import FreshetText

enum ForeignGreeting {
  /// What the server seems to speak; nil if it could be HTTP/2, or is unclear.
  static func description(of bytes: some Collection<UInt8>) -> String? {
    if bytes.starts(with: "HTTP/1.".utf8) {
      let line = printable(bytes.prefix { $0 != 0x0D && $0 != 0x0A }.prefix(80))
      if wantsTLS(bytes) {
        return "it speaks TLS, according to its HTTP/1.1 answer (“\(line)”), and the channel does not (`tls:`)"
      }
      return "it speaks HTTP/1.1, not HTTP/2 (“\(line)”)"
    }
    // A TLS record: an alert or a handshake, of version 3.x (RFC 8446 §5.1). As an HTTP/2 frame it would have 1.4 MB.
    let start = Array(bytes.prefix(3))
    if start.count == 3, [0x15, 0x16].contains(start[0]), start[1] == 3, start[2] <= 4 {
      return "it speaks TLS, and the channel does not (`tls:`)"
    }
    // A frame header is never text: its length would be 2 MB or more.
    let head = bytes.prefix(frameHeadBytes)
    if head.count == frameHeadBytes, head.allSatisfy(isText) {
      return "it does not speak HTTP/2 (“\(printable(bytes.prefix { isText($0) }.prefix(80)))”)"
    }
    return nil
  }

  private static let frameHeadBytes = 9

  private static func isText(_ byte: UInt8) -> Bool {
    (0x20...0x7E).contains(byte) || [0x09, 0x0A, 0x0D].contains(byte)
  }

  /// How nginx and Apache answer plaintext on a TLS port: “The plain HTTP request was sent to HTTPS port”, “You're
  /// speaking plain HTTP to an SSL-enabled server port”.
  private static func wantsTLS(_ bytes: some Collection<UInt8>) -> Bool {
    let text = String(decoding: bytes.prefix(2_048), as: UTF8.self)
    return text.contains("HTTPS port") || text.contains("SSL-enabled") || text.contains("HTTPS server")
  }
}
