// A TLSConfiguration in effect: files are read, checked and passed to OpenSSL once, for all later sessions.
import COpenSSL

/// The certificates, keys and rules shared by many sessions.
///
/// Make one per server or channel, not one per connection: it reads files. To change certificates, make a new one;
/// sessions of the old one continue.
// SAFETY: nothing is changed after init, and any threads may then call makeSession concurrently. OpenSSL counts the
// references to an SSL_CTX atomically and guards what SSL_new and handshakes use in it (ticket keys, certificate store,
// statistics) by its own locks; its manual only forbids changing a context in use.
public final class TLSContext: @unchecked Sendable {
  private let handle: OpaquePointer

  /// Whether sessions are a server's.
  public let isServer: Bool

  /// The versions and the trusted issuers, for error messages.
  let versions: String
  let trust: String

  private let configuration: TLSConfiguration
  let protocols: ApplicationProtocols
  /// A server's, if it issues tickets.
  private let ticketKeys: TicketKeyRing?

  /// Reads and checks everything that the configuration names.
  ///
  /// - Parameter protocols: to be spoken inside TLS, preferred first; a peer that speaks none of them is refused.
  /// - Throws: `configuration` with the file's name when one is missing, damaged or encrypted, when the key does not
  ///   match the certificate, or when no version is left.
  public init(_ configuration: TLSConfiguration, protocols: [ApplicationProtocol] = [.http2]) throws(TLSError) {
    ErrorQueue.clear()
    let isServer = if case .server = configuration.role { true } else { false }
    guard let handle = SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method()) else {
      throw .configuration("OpenSSL", "no context could be made: \(ErrorQueue.takeText())")
    }
    self.handle = handle
    self.isServer = isServer
    self.configuration = configuration
    self.protocols = ApplicationProtocols(protocols)
    let maximum = configuration.maximumVersion ?? .v1_3
    versions = configuration.minimumVersion == maximum ? "\(maximum)" : "\(configuration.minimumVersion) to \(maximum)"
    trust = configuration.role.trustText
    ticketKeys = configuration.role.ticketLifetime.map(TicketKeyRing.init)
    // From here on a throw runs deinit, which frees the context.
    try setRules(maximum: maximum)
    switch configuration.role {
    case .server(let identity, let clientCertificates, let ticketLifetime):
      try setUpServer(identity, clientCertificates)
      try setUpTickets(ticketLifetime)
    case .client(let settings): try setUpClient(settings)
    }
  }

  deinit {
    SSL_CTX_free(handle)
  }

  /// A new session for one connection.
  ///
  /// - Parameter serverName: For a client, the host of the connection, a DNS name or an IP address; the configuration's
  ///   server name takes precedence. Ignored by a server.
  /// - Throws: `configuration` when the name is invalid, or when there is none to verify.
  public func makeSession(serverName: String? = nil) throws(TLSError) -> TLSSession {
    ErrorQueue.clear()
    let name = try peerName(serverName)
    guard let pointer = SSL_new(handle) else {
      throw .configuration("OpenSSL", "no session could be made: \(ErrorQueue.takeText())")
    }
    let wire = SessionWire(expectedName: name, ticketKeys: ticketKeys)
    let session = TLSSession(pointer, wire: wire, context: self)  // owns the pointer, also when this throws
    guard wire.attach(to: pointer) else {
      throw .configuration("OpenSSL", "no BIO could be made: \(ErrorQueue.takeText())")
    }
    try name?.apply(to: pointer, verifying: configuration.role.verifiesName)
    return session
  }

  private func peerName(_ target: String?) throws(TLSError) -> PeerName? {
    guard case .client(let settings) = configuration.role else { return nil }
    if let name = settings.serverName ?? target { return try PeerName(name) }
    guard settings.verification != .full else {
      throw .configuration("server name", "there is none to verify the server's certificate against")
    }
    return nil
  }

  private func setRules(maximum: TLSVersion) throws(TLSError) {
    guard configuration.minimumVersion <= maximum else {
      throw .configuration(
        "minimumVersion", "\(configuration.minimumVersion) is above maximumVersion, \(maximum); no version is left")
    }
    SSL_CTX_set_options(
      handle,
      freshet_SSL_OP_NO_COMPRESSION | freshet_SSL_OP_NO_RENEGOTIATION | freshet_SSL_OP_CIPHER_SERVER_PREFERENCE
        | freshet_SSL_OP_PRIORITIZE_CHACHA)
    // Buffers are released while a connection is idle; and exactly the given chain is sent, nothing from the store.
    freshet_SSL_CTX_set_mode(handle, Int(SSL_MODE_RELEASE_BUFFERS) | Int(SSL_MODE_NO_AUTO_CHAIN))
    freshet_SSL_CTX_set_session_cache_mode(handle, Int(SSL_SESS_CACHE_OFF))
    guard freshet_SSL_CTX_set_min_proto_version(handle, configuration.minimumVersion.number) == 1,
      freshet_SSL_CTX_set_max_proto_version(handle, maximum.number) == 1,
      SSL_CTX_set_cipher_list(handle, Self.ciphers1_2) == 1,
      SSL_CTX_set_ciphersuites(handle, Self.ciphers1_3) == 1
    else { throw .configuration("OpenSSL", "refuses the versions or ciphers: \(ErrorQueue.takeText())") }
    guard Self.groups.contains(where: { freshet_SSL_CTX_set1_groups_list(handle, $0) == 1 }) else {
      throw .configuration("OpenSSL", "refuses the groups: \(ErrorQueue.takeText())")
    }
    ErrorQueue.clear()
    SSL_CTX_set_msg_callback(handle, SessionWire.countMessage)
  }

  private func setUpTickets(_ lifetime: Duration) throws(TLSError) {
    guard (Duration.zero...TicketKeys.maxLifetime).contains(lifetime) else {
      throw .configuration("ticketLifetime", "is \(lifetime), but must be 0 to 7 days")
    }
    guard ticketKeys != nil else {
      SSL_CTX_set_options(handle, freshet_SSL_OP_NO_TICKET)
      SSL_CTX_set_num_tickets(handle, 0)
      return
    }
    SSL_CTX_set_timeout(handle, max(Int(lifetime.components.seconds), 1))
    SSL_CTX_set_tlsext_ticket_key_evp_cb(handle, TicketKeyRing.startTicket)
  }

  private func setUpServer(
    _ identity: TLSIdentity, _ clientCertificates: TLSConfiguration.ClientCertificates
  ) throws(TLSError) {
    let credentials = Credentials(context: handle)
    try credentials.use(identity)
    protocols.require(on: handle)
    // Without it OpenSSL refuses to resume a session that was verified by a client certificate.
    let name = Array("freshet".utf8)
    SSL_CTX_set_session_id_context(handle, name, UInt32(name.count))
    switch clientCertificates {
    case .none:
      SSL_CTX_set_verify(handle, SSL_VERIFY_NONE, nil)
    case .request(let roots):
      try credentials.trust(roots, namingIssuers: true)
      SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, Self.takeDownFailure)
    case .require(let roots):
      try credentials.trust(roots, namingIssuers: true)
      SSL_CTX_set_verify(handle, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, Self.takeDownFailure)
    }
  }

  private func setUpClient(_ settings: TLSConfiguration.ClientSettings) throws(TLSError) {
    let credentials = Credentials(context: handle)
    if let identity = settings.identity { try credentials.use(identity) }
    try protocols.offer(on: handle)
    guard settings.verification != .none else { return SSL_CTX_set_verify(handle, SSL_VERIFY_NONE, nil) }
    try credentials.trust(settings.trustRoots, namingIssuers: false)
    SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, Self.takeDownFailure)
  }

  /// Called for each certificate of the peer's chain; does not override OpenSSL's refusals.
  private static let takeDownFailure: @convention(c) (Int32, OpaquePointer?) -> Int32 = { isGood, store in
    guard isGood == 0, let store else { return isGood }
    let session = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
    let wire = SessionWire.of(session: OpaquePointer(session))
    wire?.certificateFailure = CertificateFailure(store, expectedName: wire?.expectedName)
    return 0
  }

  /// RFC 9113 section 9.2.2 and appendix A: the TLS 1.2 ciphers with ephemeral keys and authenticated encryption.
  private static let ciphers1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    + "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"

  /// The first list that OpenSSL accepts: before 3.5 it supports no hybrids, nor `?` for groups that it may lack, `*`
  /// for those that a client sends keys for, and `/` before less preferred ones. This way servers without the hybrid
  /// need no second round trip. Without any list, a client's hello could make a server compute over ffdhe8192, which
  /// takes 121 ms.
  private static let groups = ["?*X25519MLKEM768/?*X25519:?secp256r1/?secp384r1", "X25519:P-256:P-384"]

  /// AES-128 first: it is the cheapest where the processor has AES, and PRIORITIZE_CHACHA honours clients without.
  private static let ciphers1_3 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
}

extension TLSVersion {
  var number: Int32 {
    switch self {
    case .v1_2: TLS1_2_VERSION
    case .v1_3: TLS1_3_VERSION
    }
  }
}

extension TLSConfiguration.Role {
  fileprivate var verifiesName: Bool {
    if case .client(let settings) = self { settings.verification == .full } else { false }
  }

  /// The lifetime of tickets; nil if none are issued.
  fileprivate var ticketLifetime: Duration? {
    if case .server(_, _, let lifetime) = self, lifetime > .zero { lifetime } else { nil }
  }

  fileprivate var trustText: String {
    switch self {
    case .server(_, .none, _): "none"
    case .server(_, .request(let roots), _), .server(_, .require(let roots), _): roots.text
    case .client(let settings): settings.trustRoots.text
    }
  }
}

extension TLSTrustRoots {
  fileprivate var text: String {
    switch self {
    case .system: "the system's trust roots"
    case .certificates(let sources): sources.map(\.description).joined(separator: ", ")
    }
  }
}
