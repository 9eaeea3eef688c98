// What is wrong with the bytes of a message.

/// The same rules hold for requests and responses; their parsers add the subject. Pure.
struct HTTP1SyntaxError: Error, Equatable {
  enum Kind: Equatable {
    /// Malformed, or ambiguous.
    case malformed
    case startLineTooLong
    case fieldsTooLong
    /// Well formed, but nothing that is served here.
    case notImplemented, unknownVersion, unknownExpectation
  }

  var kind: Kind
  /// What the message does or has: “has several Host fields”.
  var reason: String

  init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }

  init(_ reason: String) { self.init(.malformed, reason) }
}
