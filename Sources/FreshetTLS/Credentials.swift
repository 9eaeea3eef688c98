// Reads certificates, keys and trust roots from PEM into an OpenSSL context, or reports which file is wrong.
import COpenSSL

/// An OpenSSL context while it is being configured; borrowed from TLSContext during its init.
struct Credentials {
  let context: OpaquePointer

  /// Our certificate, the chain above it, and its key, which must match.
  func use(_ identity: TLSIdentity) throws(TLSError) {
    let chain = try readCertificates(identity.certificateChain, as: "certificate chain")
    defer { chain.forEach(X509_free) }
    let key = try readPrivateKey(identity.privateKey)
    defer { EVP_PKEY_free(key) }
    guard X509_check_private_key(chain[0], key) == 1 else {
      ErrorQueue.clear()
      throw .configuration(
        "private key \(identity.privateKey)",
        "does not belong to the first certificate of the certificate chain \(identity.certificateChain)")
    }
    guard SSL_CTX_use_certificate(context, chain[0]) == 1, SSL_CTX_use_PrivateKey(context, key) == 1,
      chain.dropFirst().allSatisfy({ freshet_SSL_CTX_add1_chain_cert(context, $0) == 1 })
    else { throw .configuration("certificate chain \(identity.certificateChain)", ErrorQueue.takeText()) }
  }

  /// The issuers we trust. With `namingIssuers` a server sends its clients their names, so that they can choose a
  /// certificate; not for the system's, of which there are over a hundred.
  func trust(_ roots: TLSTrustRoots, namingIssuers: Bool) throws(TLSError) {
    switch roots {
    case .system:
      guard SSL_CTX_set_default_verify_paths(context) == 1 else {
        throw .configuration("system trust roots", ErrorQueue.takeText())
      }
    case .certificates(let sources):
      for source in sources { try trust(source, namingIssuers: namingIssuers) }
      // An explicitly given certificate is trusted, even if it was issued by another.
      X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), UInt(X509_V_FLAG_PARTIAL_CHAIN))
    }
  }

  private func trust(_ source: PEMSource, namingIssuers: Bool) throws(TLSError) {
    let certificates = try readCertificates(source, as: "trust roots")
    defer { certificates.forEach(X509_free) }
    let store = SSL_CTX_get_cert_store(context)
    for certificate in certificates {
      guard X509_STORE_add_cert(store, certificate) == 1,
        !namingIssuers || SSL_CTX_add_client_CA(context, certificate) == 1
      else { throw .configuration("trust roots \(source)", ErrorQueue.takeText()) }
    }
  }

  /// All certificates of a source, at least one; the caller frees them.
  private func readCertificates(_ source: PEMSource, as use: String) throws(TLSError) -> [OpaquePointer] {
    let text = try PEMText(source, as: use)
    var certificates: [OpaquePointer] = []
    while let certificate = text.readCertificate() { certificates.append(certificate) }
    let errors = ErrorQueue.take()
    let ended = errors.last.map { $0.library == ERR_LIB_PEM && $0.reason == PEM_R_NO_START_LINE } ?? false
    if ended, !certificates.isEmpty { return certificates }
    certificates.forEach(X509_free)
    throw .configuration("\(use) \(source)", Self.reason(errors, ended: ended, certificatesRead: certificates.count))
  }

  private static func reason(_ errors: [ErrorQueue.Entry], ended: Bool, certificatesRead: Int) -> String {
    if ended { return "holds no certificate in PEM form (no \"-----BEGIN CERTIFICATE-----\")" }
    return "certificate \(certificatesRead + 1) in it is damaged: \(errors.first?.text ?? "no reason given")"
  }

  /// The key of a source; the caller frees it.
  private func readPrivateKey(_ source: PEMSource) throws(TLSError) -> OpaquePointer {
    let text = try PEMText(source, as: "private key")
    guard text.contains("PRIVATE KEY-----") else {
      throw .configuration(
        "private key \(source)", "holds no private key in PEM form (no \"-----BEGIN PRIVATE KEY-----\" or the like)")
    }
    let (key, isEncrypted) = text.readPrivateKey()
    let errors = ErrorQueue.take()
    if let key { return key }
    let reason =
      isEncrypted
      ? "is encrypted, and no password can be given; decrypt it first (openssl pkey -in … -out …)"
      : "is damaged: \(errors.first?.text ?? "no reason given")"
    throw .configuration("private key \(source)", reason)
  }
}
