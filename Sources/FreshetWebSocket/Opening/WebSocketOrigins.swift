// Which pages may open a WebSocket.

/// The origins that a server accepts. Browsers send a page's origin, and the user's cookies with it, whatever site the page
/// is of: without this check any page could act as the user. Requests without an origin are not a browser's, and are accepted.
public struct WebSocketOrigins: Sendable {
  private enum Rule: Sendable {
    case same
    case any
    case list([String])
    case predicate(@Sendable (String) -> Bool)
  }

  private let rule: Rule

  /// Pages of the host and port that the request is for.
  public static let same = WebSocketOrigins(rule: .same)

  /// All pages: for a server that does not look at cookies.
  public static let any = WebSocketOrigins(rule: .any)

  /// Pages of these origins, such as `https://example.com`; and those of the same host.
  public static func list(_ origins: [String]) -> WebSocketOrigins {
    WebSocketOrigins(rule: .list(origins.map { $0.lowercased() }))
  }

  /// Pages whose origin the closure accepts.
  public static func matching(_ accepts: @escaping @Sendable (String) -> Bool) -> WebSocketOrigins {
    WebSocketOrigins(rule: .predicate(accepts))
  }

  /// Whether a request with this origin, for this authority, is accepted.
  package func accepts(_ origin: String?, authority: String) -> Bool {
    guard let origin else { return true }
    switch rule {
    case .any: return true
    case .same: return Self.isSame(origin, authority)
    case .list(let origins): return origins.contains(origin.lowercased()) || Self.isSame(origin, authority)
    case .predicate(let accepts): return accepts(origin)
    }
  }

  /// The scheme may differ, since a proxy may end TLS.
  private static func isSame(_ origin: String, _ authority: String) -> Bool {
    let origin = origin.lowercased()
    for (scheme, port) in [("https://", ":443"), ("http://", ":80")] where origin.hasPrefix(scheme) {
      let host = origin.dropFirst(scheme.count)
      return withoutPort(String(host), port) == withoutPort(authority.lowercased(), port)
    }
    return false
  }

  private static func withoutPort(_ authority: String, _ port: String) -> Substring {
    authority.hasSuffix(port) ? authority.dropLast(port.count) : authority[...]
  }
}
