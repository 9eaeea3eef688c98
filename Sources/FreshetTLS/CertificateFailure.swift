// Why a peer's certificate was refused, recorded inside OpenSSL's verification, where the certificate is available.
import COpenSSL
import FreshetText

/// The first error found in a peer's chain of certificates.
struct CertificateFailure {
  let problem: TLSError.CertificateProblem
  /// The rest of a sentence that begins with what was attempted.
  let text: String

  /// The failure that the store context currently reports; call it from the verify callback only.
  init(_ store: OpaquePointer, expectedName: PeerName?) {
    let code = X509_STORE_CTX_get_error(store)
    let certificate = X509_STORE_CTX_get_current_cert(store)
    let depth = X509_STORE_CTX_get_error_depth(store)
    problem = Self.problem(code, certificate, expectedName)
    let subject = certificate.map { Self.text(of: X509_get_subject_name($0)) } ?? ""
    let place = depth == 0 ? "" : ", number \(depth) above the peer's own in its chain,"
    text = "the certificate of \"\(subject)\"\(place) \(Self.words(problem))"
  }

  private static func problem(
    _ code: Int32, _ certificate: OpaquePointer?, _ expectedName: PeerName?
  ) -> TLSError.CertificateProblem {
    switch code {
    case X509_V_ERR_CERT_HAS_EXPIRED: .expired(notAfter: date(X509_get0_notAfter(certificate)))
    case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid(notBefore: date(X509_get0_notBefore(certificate)))
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      .nameMismatch(expected: expectedName?.text ?? "", found: names(in: certificate))
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
      X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_UNTRUSTED:
      .unknownIssuer(issuer: text(of: X509_get_issuer_name(certificate)))
    case X509_V_ERR_INVALID_PURPOSE: .wrongPurpose
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: .badSignature
    case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK: .tooWeak
    default: .other(reason: X509_verify_cert_error_string(Int(code)).map { String(cString: $0) } ?? "error \(code)")
    }
  }

  private static func words(_ problem: TLSError.CertificateProblem) -> String {
    switch problem {
    case .expired(let date): "expired on \(date)"
    case .notYetValid(let date): "is not valid before \(date)"
    case .nameMismatch(let expected, let found): "is for \(list(found)), not for \"\(expected)\""
    case .unknownIssuer(let issuer): "was issued by \"\(issuer)\", which is not trusted"
    case .wrongPurpose: "is not meant for this use"
    case .badSignature: "has a wrong signature"
    case .tooWeak: "has a key or a signature that is too weak"
    case .missing: "is missing"
    case .other(let reason): "was refused: \(reason)"
    }
  }

  /// A certificate may have thousands of names; a message lists the first ten.
  private static func list(_ names: [String]) -> String {
    guard !names.isEmpty else { return "no name at all (subjectAltName; the common name does not count)" }
    let more = names.count > 10 ? " and \(names.count - 10) more" : ""
    return names.prefix(10).joined(separator: ", ") + more
  }

  /// The DNS names and IP addresses of a certificate.
  private static func names(in certificate: OpaquePointer?) -> [String] {
    guard let certificate, let found = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
    let names = OpaquePointer(found)
    defer { GENERAL_NAMES_free(names) }
    return (0..<freshet_sk_GENERAL_NAME_num(names)).compactMap { index in
      guard let name = freshet_sk_GENERAL_NAME_value(names, index)?.pointee else { return nil }
      switch name.type {
      case GEN_DNS: return printable(bytes(of: name.d.dNSName))
      case GEN_IPADD: return address(bytes(of: name.d.iPAddress))
      default: return nil
      }
    }
  }

  private static func bytes(of string: UnsafeMutablePointer<ASN1_STRING>?) -> [UInt8] {
    guard let string, let start = ASN1_STRING_get0_data(string) else { return [] }
    return Array(UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string))))
  }

  private static func address(_ bytes: [UInt8]) -> String {
    if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
    return stride(from: 0, to: bytes.count - 1, by: 2)
      .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }.joined(separator: ":")
  }

  private static func text(of name: OpaquePointer?) -> String {
    textPrinted { X509_NAME_print_ex($0, name, 0, freshet_XN_FLAG_RFC2253) }
  }

  private static func date(_ time: UnsafePointer<ASN1_TIME>?) -> String {
    textPrinted { ASN1_TIME_print_ex($0, time, UInt(ASN1_DTFLGS_ISO8601)) }
  }
}
