// A user's TLS settings: our identity, the trust roots, the versions. A plain value; TLSContext applies it.

/// How one end speaks TLS: its certificate, the certificates it trusts, and the versions it accepts.
///
/// ```swift
/// let server = TLSConfiguration.server(
///   identity: TLSIdentity(certificateChain: .file("server.pem"), privateKey: .file("server.key")))
/// let client = TLSConfiguration.client(trustRoots: .file("ca.pem"))
/// ```
///
/// Nothing is read or checked before a ``TLSContext`` is made from it. The application protocol is negotiated by ALPN,
/// usually `h2`. TLS 1.2 is always used with a cipher that RFC 9113 allows (ephemeral key exchange, authenticated
/// encryption). Keys are exchanged over X25519, P-256 or P-384, and over X25519MLKEM768 where OpenSSL has it (3.5).
public struct TLSConfiguration: Sendable {
  /// A server's policy for client certificates.
  public enum ClientCertificates: Sendable {
    /// No certificate is requested.
    case none
    /// A certificate is requested; a client without one is served, a client whose certificate does not verify is not.
    case request(TLSTrustRoots)
    /// A client without a verified certificate is refused.
    case require(TLSTrustRoots)
  }

  /// How much of a server's certificate a client verifies.
  public enum ServerVerification: Sendable, Hashable {
    /// The chain of issuers, the dates, and that the certificate matches the requested host.
    case full
    /// The chain of issuers and the dates, but not the name: any certificate of a trusted issuer is accepted.
    case chainOnly
    /// Nothing: the connection is encrypted, but the server is not authenticated. For tests only.
    case none
  }

  /// The lowest version of TLS that is accepted.
  public var minimumVersion: TLSVersion = .v1_2

  /// The highest version of TLS that is offered or accepted; nil is the highest that OpenSSL has.
  public var maximumVersion: TLSVersion?

  let role: Role

  /// Settings of one role only are in its case.
  enum Role: Sendable {
    case server(identity: TLSIdentity, clientCertificates: ClientCertificates, ticketLifetime: Duration)
    case client(ClientSettings)
  }

  struct ClientSettings: Sendable {
    var trustRoots: TLSTrustRoots
    var identity: TLSIdentity?
    var serverName: String?
    var verification: ServerVerification
  }

  /// The configuration of a server.
  ///
  /// - Parameters:
  ///   - identity: The server's certificate, with its chain, and its private key.
  ///   - clientCertificates: Whether clients authenticate by a certificate (mutual TLS).
  ///   - ticketLifetime: How long a client may resume a session by its ticket, without certificates and signatures, at
  ///     most 7 days (RFC 8446 section 4.6.1). Zero issues no tickets. The keys that seal tickets are known only to
  ///     this process, are replaced whenever half of this time has passed, and are destroyed once all tickets that they
  ///     sealed have expired.
  public static func server(
    identity: TLSIdentity, clientCertificates: ClientCertificates = .none,
    ticketLifetime: Duration = .seconds(12 * 3600)
  ) -> TLSConfiguration {
    TLSConfiguration(
      role: .server(identity: identity, clientCertificates: clientCertificates, ticketLifetime: ticketLifetime))
  }

  /// The configuration of a client.
  ///
  /// - Parameters:
  ///   - trustRoots: The certificates of the issuers that the client trusts.
  ///   - identity: The client's own certificate, for servers that request one.
  ///   - serverName: The name that is sent to the server and that its certificate must match; nil means the host of the
  ///     connection's target.
  ///   - verification: How much of the server's certificate is verified.
  public static func client(
    trustRoots: TLSTrustRoots = .system, identity: TLSIdentity? = nil, serverName: String? = nil,
    verification: ServerVerification = .full
  ) -> TLSConfiguration {
    TLSConfiguration(
      role: .client(
        ClientSettings(trustRoots: trustRoots, identity: identity, serverName: serverName, verification: verification)))
  }

  private init(role: Role) {
    self.role = role
  }
}

/// A version of TLS. Versions older than 1.2 are not supported: RFC 9113 section 9.2 forbids them.
public enum TLSVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// TLS 1.2 (RFC 5246).
  case v1_2
  /// TLS 1.3 (RFC 8446).
  case v1_3

  /// The usual name: "TLS 1.3".
  public var description: String {
    switch self {
    case .v1_2: "TLS 1.2"
    case .v1_3: "TLS 1.3"
    }
  }
}
