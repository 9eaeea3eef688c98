// The visibility of generated declarations.

/// The access level of generated declarations, of messages and stubs alike.
public enum StubVisibility: String, Sendable, CaseIterable, Decodable {
  case `internal`, package, `public`

  /// The modifier before a declaration: `public `, or nothing for internal, Swift's default.
  var modifier: String { self == .internal ? "" : rawValue + " " }
}
