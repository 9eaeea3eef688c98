// The one error of FreshetTLS: a kind to decide by, and a message to read.

/// What went wrong in a TLS configuration, handshake or connection.
///
/// The ``message`` says what was attempted, with what, and what came back; ``kind`` is for code that must decide.
public struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The sorts of failure.
  public enum Kind: Sendable, Hashable {
    /// The peer's first bytes are not TLS.
    case plaintextPeer(PlaintextProtocol)
    /// The peer's certificate was refused by us.
    case certificate(CertificateProblem)
    /// The peer gave up, and told us why by an alert.
    case alert(TLSAlert)
    /// The peer does not offer, or did not choose, by ALPN what is spoken here.
    case noCommonProtocol
    /// The peer speaks none of the TLS versions that we accept.
    case noCommonVersion
    /// The peer has no cipher, group or signature scheme in common with us.
    case noCommonCipher
    /// A file, key, name or version that we were given cannot be used; `source` is the file's path, or says what it is.
    case configuration(source: String, reason: String)
    /// The peer broke the protocol; the reason is OpenSSL's.
    case protocolViolation(reason: String)
    /// The peer's bytes ended without close_notify: what came may have been cut short by someone between.
    case truncated
    /// The session is not open, so it can neither seal nor go on.
    case notOpen
  }

  /// What a peer speaks that does not speak TLS.
  public enum PlaintextProtocol: Sendable, Hashable {
    /// A request of HTTP/1, with its first bytes.
    case httpRequest
    /// A response of HTTP/1.
    case httpResponse
    /// A client's connection preface of HTTP/2 (h2c by prior knowledge).
    case http2Preface
    /// A server's SETTINGS frame of HTTP/2.
    case http2Settings
    /// A header of the PROXY protocol, version 1 or 2, by a load balancer in front.
    case proxyHeader
    /// None of these.
    case unknown
  }

  /// What is wrong with a certificate.
  public enum CertificateProblem: Sendable, Hashable {
    /// Its last day has passed.
    case expired(notAfter: String)
    /// Its first day has not come.
    case notYetValid(notBefore: String)
    /// No chain of issuers leads from it to a trusted certificate.
    case unknownIssuer(issuer: String)
    /// It is for other names than the one asked for.
    case nameMismatch(expected: String, found: [String])
    /// It is not meant for this use (a server's certificate shown by a client, say).
    case wrongPurpose
    /// A signature in its chain is wrong.
    case badSignature
    /// Its key or signature is too weak to be accepted.
    case tooWeak
    /// None came, and one is required.
    case missing
    /// Another reason, in OpenSSL's words.
    case other(reason: String)
  }

  /// What to decide by.
  public let kind: Kind

  /// What was attempted, with what, and what came back.
  public let message: String

  /// The message.
  public var description: String { message }

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// A configuration error: `source` is what is at fault, `reason` why.
  static func configuration(_ source: String, _ reason: String) -> TLSError {
    TLSError(.configuration(source: source, reason: reason), "TLS configuration: \(source): \(reason)")
  }
}
