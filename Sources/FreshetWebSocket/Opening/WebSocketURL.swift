// Where a WebSocket is: ws:// and wss:// (RFC 6455 §3).
import FreshetText

/// The parts of a URL that the handshake needs.
package struct WebSocketURL: Sendable, Hashable, CustomStringConvertible {
  package var isSecure: Bool
  /// Without the brackets of an IPv6 address.
  package var host: String
  package var port: Int
  /// With the query; at least a slash.
  package var path: String

  /// - Throws: `invalidSetting` with what is wrong.
  package init(_ text: String) throws(WebSocketError) {
    func wrong(_ reason: String) -> WebSocketError {
      WebSocketError(.invalidSetting, code: .abnormal, "\(printable(text)) is not a WebSocket's URL: \(reason)")
    }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw wrong("it has characters that must be percent-encoded")
    }
    let lower = text.lowercased()
    let rest: Substring
    switch true {
    case lower.hasPrefix("ws://"): (isSecure, rest) = (false, text.dropFirst(5))
    case lower.hasPrefix("wss://"): (isSecure, rest) = (true, text.dropFirst(6))
    default: throw wrong("it does not begin with ws:// or wss://")
    }
    if rest.contains("#") { throw wrong("it has a fragment") }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let authority = rest[..<end], tail = rest[end...]
    if authority.contains("@") { throw wrong("it has a user name; credentials belong in a header field") }
    path = tail.hasPrefix("/") ? String(tail) : "/" + tail
    guard let (host, digits) = Self.split(authority), !host.isEmpty else { throw wrong("it has no host") }
    self.host = host
    port = isSecure ? 443 : 80
    if let digits {
      guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
        (1...65_535).contains(number)
      else { throw wrong("its port is not a number from 1 to 65535") }
      port = number
    }
  }

  private static func split(_ authority: Substring) -> (host: String, port: Substring?)? {
    if authority.hasPrefix("[") {
      guard let close = authority.firstIndex(of: "]") else { return nil }
      let rest = authority[authority.index(after: close)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      return (String(authority[..<close].dropFirst()), rest.isEmpty ? nil : rest.dropFirst())
    }
    guard let colon = authority.firstIndex(of: ":") else { return (String(authority), nil) }
    return (String(authority[..<colon]), authority[authority.index(after: colon)...])
  }

  /// The Host field: without the port if that is the scheme's.
  package var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  package var description: String { (isSecure ? "wss://" : "ws://") + authority + path }
}
