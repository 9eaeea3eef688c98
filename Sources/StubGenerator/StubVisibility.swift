// Who may use what is generated.

/// The access level of generated declarations, of messages and stubs alike.
public enum StubVisibility: String, Sendable, CaseIterable, Decodable {
  case `internal`, package, `public`

  /// What stands before a declaration: `public `, or nothing for internal, which Swift assumes.
  var modifier: String { self == .internal ? "" : rawValue + " " }
}
