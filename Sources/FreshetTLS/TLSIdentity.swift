// Where certificates and keys come from: PEM text in a file or in memory.

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
  /// The certificate, followed by those of its issuers in order; the root may be left out.
  public var certificateChain: PEMSource

  /// The private key of the first certificate, not encrypted.
  public var privateKey: PEMSource

  /// An identity of a chain and a key; neither is read before a ``TLSContext`` is made.
  public init(certificateChain: PEMSource, privateKey: PEMSource) {
    self.certificateChain = certificateChain
    self.privateKey = privateKey
  }
}

/// The certificates of the issuers whose word is taken.
public enum TLSTrustRoots: Sendable {
  /// Those of the operating system (OpenSSL's default paths; `SSL_CERT_FILE` and `SSL_CERT_DIR` move them).
  case system
  /// These alone; each source may hold several. Each is trusted itself, also one that is no root.
  case certificates([PEMSource])

  /// The certificates of one file alone.
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
