// TLS alerts by number and name: sent to the other end before giving up.

/// A TLS alert (RFC 8446 section 6).
public struct TLSAlert: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
  /// The alert's number on the wire.
  public let rawValue: UInt8

  /// The alert with this number, known or not.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// The name in the RFC, such as "unknown_ca"; an unknown number gives "alert 250".
  public var description: String {
    Self.names[rawValue] ?? "alert \(rawValue)"
  }

  /// A message that is not allowed at this point.
  public static let unexpectedMessage = TLSAlert(rawValue: 10)
  /// No cipher, group or signature scheme in common.
  public static let handshakeFailure = TLSAlert(rawValue: 40)
  /// The certificate was corrupt, or its signature wrong.
  public static let badCertificate = TLSAlert(rawValue: 42)
  /// The certificate has expired.
  public static let certificateExpired = TLSAlert(rawValue: 45)
  /// The certificate was refused for another reason.
  public static let certificateUnknown = TLSAlert(rawValue: 46)
  /// The issuer of the certificate is not trusted.
  public static let unknownCA = TLSAlert(rawValue: 48)
  /// No version in common.
  public static let protocolVersion = TLSAlert(rawValue: 70)
  /// A client certificate is required and none was sent.
  public static let certificateRequired = TLSAlert(rawValue: 116)
  /// No application protocol in common.
  public static let noApplicationProtocol = TLSAlert(rawValue: 120)

  /// The alert as a record of its own, before any key is agreed on (RFC 8446 sections 5.1 and 6): fatal, of two bytes.
  var fatalRecord: [UInt8] { [21, 3, 3, 0, 2, 2, rawValue] }

  /// What the alert most likely means to its receiver; nil if the name is enough.
  var hint: String? {
    switch self {
    case .handshakeFailure: "it has no cipher, group or signature scheme in common with us, or lacks our certificate"
    case .badCertificate, .certificateUnknown: "it refuses our certificate"
    case .certificateExpired: "it finds our certificate expired"
    case .unknownCA: "it does not trust the issuer of our certificate"
    case .protocolVersion: "it speaks none of our TLS versions"
    case .certificateRequired: "it requires a client certificate and got none"
    case .noApplicationProtocol: "it does not speak HTTP/2 (ALPN h2) here"
    default: nil
    }
  }

  private static let names: [UInt8: String] = [
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed",
    22: "record_overflow", 30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate",
    42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
    46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error",
    51: "decrypt_error", 60: "export_restriction", 70: "protocol_version", 71: "insufficient_security",
    80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation",
    109: "missing_extension", 110: "unsupported_extension", 111: "certificate_unobtainable",
    112: "unrecognized_name", 113: "bad_certificate_status_response", 114: "bad_certificate_hash_value",
    115: "unknown_psk_identity", 116: "certificate_required", 120: "no_application_protocol",
  ]
}
