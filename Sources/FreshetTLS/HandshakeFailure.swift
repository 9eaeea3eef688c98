// Converts OpenSSL's error queue after a failed call into a TLSError.
//
//   queue's oldest entry of libssl            kind
//   reason ≥ 1000                             alert: the peer's, its number is what exceeds 1000
//   certificate verify failed                 certificate, as recorded by the verify callback
//   peer did not return a certificate         certificate(missing)
//   no application protocol                   noCommonProtocol
//   unsupported protocol, version too low …   noCommonVersion
//   no shared cipher, groups, signatures      noCommonCipher
//   anything else                             protocolViolation
import COpenSSL

/// A failed call into OpenSSL, with the context to explain it.
struct HandshakeFailure {
  /// The beginning of the message: "TLS handshake with server "a.example"".
  var attempted: String
  var errors: [ErrorQueue.Entry]
  var certificateFailure: CertificateFailure?
  var peerOffersNoProtocol: Bool
  var context: TLSContext

  var error: TLSError {
    if peerOffersNoProtocol {
      return TLSError(
        .noCommonProtocol,
        "\(attempted): the peer offers no protocol by ALPN, and \(context.protocols.text) is required")
    }
    guard let cause = errors.first(where: { $0.library == ERR_LIB_SSL }) else {
      return violation(errors.first?.text ?? "no reason given")
    }
    if cause.reason >= SSL_AD_REASON_OFFSET { return alert(cause.reason - SSL_AD_REASON_OFFSET) }
    return ourOwn(cause)
  }

  /// An error found on this side; OpenSSL has written the alert for the peer.
  private func ourOwn(_ cause: ErrorQueue.Entry) -> TLSError {
    switch cause.reason {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return refusedCertificate
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return TLSError(
        .certificate(.missing), "\(attempted): the peer sent no certificate, and the configuration requires one")
    case SSL_R_NO_APPLICATION_PROTOCOL:
      let required = context.protocols.text
      return TLSError(
        .noCommonProtocol, "\(attempted): the peer does not offer \(required) by ALPN, and \(required) is required")
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_VERSION_TOO_LOW, SSL_R_VERSION_TOO_HIGH,
      SSL_R_UNKNOWN_PROTOCOL:
      return TLSError(
        .noCommonVersion, "\(attempted): the peer speaks none of the accepted versions, \(context.versions)")
    case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SHARED_GROUPS, SSL_R_NO_SUITABLE_KEY_SHARE,
      SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
      return TLSError(
        .noCommonCipher, "\(attempted): no cipher, group or signature scheme in common with the peer (\(cause.text))")
    default:
      return violation(cause.text)
    }
  }

  private var refusedCertificate: TLSError {
    guard let failure = certificateFailure else { return violation("certificate verify failed") }
    var text = "\(attempted): \(failure.text)"
    if case .unknownIssuer = failure.problem { text += " (trusted: \(context.trust))" }
    return TLSError(.certificate(failure.problem), text)
  }

  private func alert(_ number: Int32) -> TLSError {
    let alert = TLSAlert(rawValue: UInt8(truncatingIfNeeded: number))
    let hint = alert.hint.map { " (\($0))" } ?? ""
    return TLSError(.alert(alert), "\(attempted): the peer gave up with the alert \(alert)\(hint)")
  }

  private func violation(_ reason: String) -> TLSError {
    TLSError(.protocolViolation(reason: reason), "\(attempted): the peer broke the protocol: \(reason)")
  }
}
