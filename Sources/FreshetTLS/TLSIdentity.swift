// The sources of certificates and keys: PEM text in a file or in memory.

/// Certificates or a key in PEM form (`-----BEGIN …`).
public enum PEMSource: Sendable, Hashable {
  /// The file at this path, read when a ``TLSContext`` is made.
  case file(String)
  /// The text itself, as bytes.
  case bytes([UInt8])

  /// The text itself.
  public static func text(_ text: String) -> PEMSource {
    .bytes(Array(text.utf8))
  }
}

/// A certificate and the private key that belongs to it.
public struct TLSIdentity: Sendable {
  /// The certificate, followed by its issuers' in order; the root may be left out.
  public var certificateChain: PEMSource

  /// The unencrypted private key of the first certificate.
  public var privateKey: PEMSource

  /// An identity made of a chain and a key; neither is read before a ``TLSContext`` is made.
  public init(certificateChain: PEMSource, privateKey: PEMSource) {
    self.certificateChain = certificateChain
    self.privateKey = privateKey
  }
}

/// The trusted certificates of issuers.
public enum TLSTrustRoots: Sendable {
  /// The operating system's (OpenSSL's default paths; `SSL_CERT_FILE` and `SSL_CERT_DIR` override them).
  case system
  /// Only these; each source may hold several. Each is trusted itself, even if it is not a root.
  case certificates([PEMSource])

  /// Only the certificates of one file.
  public static func file(_ path: String) -> TLSTrustRoots { .certificates([.file(path)]) }
}

extension PEMSource: CustomStringConvertible {
  /// The path in quotation marks, or "PEM text in memory": never the content, which may be a key.
  public var description: String {
    switch self {
    case .file(let path): "\"\(path)\""
    case .bytes: "PEM text in memory"
    }
  }
}
