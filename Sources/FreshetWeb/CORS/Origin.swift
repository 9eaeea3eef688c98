// An origin of the web: scheme, host and port (RFC 6454 §6.2).
import FreshetText

/// Where a script comes from, in the one way in which browsers write it: lower case, and no port that the scheme implies.
struct Origin: Hashable, Sendable {
  /// `https://app.example:8443`, or `null`.
  let text: String

  /// That of documents without an origin of their own, such as files and sandboxed frames of any site.
  static let null = Origin(unchecked: "null")

  private init(unchecked text: String) { self.text = text }

  /// - Returns: nil for what is no origin, such as a URL with a path.
  init?(_ text: String) {
    let text = text.lowercased()
    if text == Self.null.text {
      self = .null
      return
    }
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
    self.init(scheme: String(text[..<colon]), authority: String(text[colon...].dropFirst(3)))
  }

  init?(scheme: String, authority: String) {
    let scheme = scheme.lowercased()
    var authority = authority.lowercased()
    let isAuthority = authority.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
      default: "-._~[]:".utf8.contains(byte)  // no *, which would look like a pattern
      }
    }
    guard isToken(scheme.utf8), !authority.isEmpty, isAuthority else { return nil }
    if let port = ["http": ":80", "https": ":443"][scheme], authority.hasSuffix(port) {
      authority.removeLast(port.count)
    }
    text = "\(scheme)://\(authority)"
  }
}
