// The one error type of FreshetTLS: a kind for code, and a message for people.

/// An error in a TLS configuration, handshake or connection.
///
/// The ``message`` says what was attempted, with what, and what came back; ``kind`` is for code that must decide.
public struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Kind: Sendable, Hashable {
    /// The peer's first bytes are not TLS.
    case plaintextPeer(PlaintextProtocol)
    /// We refused the peer's certificate.
    case certificate(CertificateProblem)
    /// The peer gave up, and sent an alert with the reason.
    case alert(TLSAlert)
    /// The peer does not offer, or did not choose, a supported protocol by ALPN.
    case noCommonProtocol
    /// The peer supports none of our TLS versions.
    case noCommonVersion
    /// The peer has no cipher, group or signature scheme in common with us.
    case noCommonCipher
    /// A given file, key, name or version cannot be used; `source` is the file's path, or names the setting.
    case configuration(source: String, reason: String)
    /// The peer violated the protocol; the reason is OpenSSL's.
    case protocolViolation(reason: String)
    /// The peer's bytes ended without close_notify: an attacker may have truncated them.
    case truncated
    /// The session is not open, so it cannot seal.
    case notOpen
  }

  /// The protocol of a peer that does not speak TLS.
  public enum PlaintextProtocol: Sendable, Hashable {
    /// A request of HTTP/1.
    case httpRequest
    /// A response of HTTP/1.
    case httpResponse
    /// A client's connection preface of HTTP/2 (h2c by prior knowledge).
    case http2Preface
    /// A server's SETTINGS frame of HTTP/2.
    case http2Settings
    /// A header of the PROXY protocol, version 1 or 2, from a load balancer.
    case proxyHeader
    /// None of these.
    case unknown
  }

  /// What is wrong with a certificate.
  public enum CertificateProblem: Sendable, Hashable {
    /// Its last day has passed.
    case expired(notAfter: String)
    /// Its validity has not begun.
    case notYetValid(notBefore: String)
    /// No chain of issuers leads from it to a trusted certificate.
    case unknownIssuer(issuer: String)
    /// It is for other names than the expected one.
    case nameMismatch(expected: String, found: [String])
    /// It is not meant for this use (such as a server's certificate sent by a client).
    case wrongPurpose
    /// A signature in its chain is wrong.
    case badSignature
    /// Its key or signature is too weak to be accepted.
    case tooWeak
    /// None was sent, and one is required.
    case missing
    /// Another reason, in OpenSSL's words.
    case other(reason: String)
  }

  /// For code that must distinguish errors.
  public let kind: Kind

  /// What was attempted, with what, and what came back.
  public let message: String

  /// The message.
  public var description: String { message }

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// A configuration error: `source` is at fault, `reason` says why.
  static func configuration(_ source: String, _ reason: String) -> TLSError {
    TLSError(.configuration(source: source, reason: reason), "TLS configuration: \(source): \(reason)")
  }
}
