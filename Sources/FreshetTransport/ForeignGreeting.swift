// Recognises a server that speaks something else than HTTP/2, by the first bytes that come from it.
import FreshetText

enum ForeignGreeting {
  /// What the server seems to speak; nil for what could be HTTP/2, or anything.
  static func description(of bytes: some Collection<UInt8>) -> String? {
    if bytes.starts(with: "HTTP/1.".utf8) {
      let line = bytes.prefix { $0 != 0x0D && $0 != 0x0A }.prefix(80)
      return "it speaks HTTP/1.1, not HTTP/2 (“\(printable(line))”)"
    }
    // A record of TLS: an alert or a handshake, of version 3.x (RFC 8446 §5.1). As a frame of HTTP/2 it would be 1.4 MB.
    let start = Array(bytes.prefix(3))
    if start.count == 3, [0x15, 0x16].contains(start[0]), start[1] == 3, start[2] <= 4 {
      return "it speaks TLS, and the channel does not"
    }
    return nil
  }
}
