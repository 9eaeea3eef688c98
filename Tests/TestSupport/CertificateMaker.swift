// Builds and signs one X.509 certificate with a new key, through OpenSSL.
import COpenSSL

/// The contents of one certificate.
struct CertificateMaker {
  /// An extension by its number, with its value in openssl.cnf's syntax.
  typealias Extension = (nid: Int32, value: String)

  var commonName: String
  var days: ClosedRange<Int>
  var extensions: [Extension]
  var keyKind = TestKeyKind.p256

  /// Creates the certificate; without a signer it is self-signed.
  func make(signer: TestCertificate?) -> TestCertificate {
    let key =
      switch keyKind {
      case .p256: made(freshet_EVP_EC_gen("P-256"), "an EC key")
      case .rsa2048: made(freshet_EVP_RSA_gen(2048), "an RSA key")
      }
    defer { EVP_PKEY_free(key) }
    let issuer = signer.map { PEM.readCertificate($0.certificatePEM) }
    defer { X509_free(issuer) }
    let issuerKey = signer.map { PEM.readKey($0.privateKeyPEM) }
    defer { EVP_PKEY_free(issuerKey) }
    let certificate = made(X509_new(), "a certificate")
    defer { X509_free(certificate) }
    fill(certificate, key: key, issuer: issuer ?? certificate)
    require(X509_sign(certificate, issuerKey ?? key, EVP_sha256()) > 0, "sign")
    return TestCertificate(
      certificatePEM: PEM.written { PEM_write_bio_X509($0, certificate) },
      privateKeyPEM: PEM.written { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) })
  }

  private func fill(_ certificate: OpaquePointer, key: OpaquePointer, issuer: OpaquePointer) {
    let secondsPerDay = 86_400
    require(X509_set_version(certificate, 2) == 1, "set version 3")  // counted from 0
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), UInt64.random(in: 1...UInt64(Int64.max)))
    X509_gmtime_adj(X509_getm_notBefore(certificate), days.lowerBound * secondsPerDay)
    X509_gmtime_adj(X509_getm_notAfter(certificate), days.upperBound * secondsPerDay)
    require(X509_set_pubkey(certificate, key) == 1, "set the key")
    let name = Array(commonName.utf8)
    let subject = X509_get_subject_name(certificate)
    require(
      X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, name, Int32(name.count), -1, 0) == 1, "name")
    require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "set the issuer")
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
    for (nid, value) in extensions {
      let made = made(X509V3_EXT_conf_nid(nil, &context, nid, value), "extension \(value)")
      X509_add_ext(certificate, made, -1)
      X509_EXTENSION_free(made)
    }
  }
}

/// Converts between PEM text and OpenSSL's objects.
enum PEM {
  static func readCertificate(_ text: [UInt8]) -> OpaquePointer {
    let bio = BIO_new_mem_buf(text, Int32(text.count))
    defer { BIO_free(bio) }
    return made(PEM_read_bio_X509(bio, nil, nil, nil), "a certificate of its PEM text")
  }

  static func readKey(_ text: [UInt8]) -> OpaquePointer {
    let bio = BIO_new_mem_buf(text, Int32(text.count))
    defer { BIO_free(bio) }
    return made(PEM_read_bio_PrivateKey(bio, nil, nil, nil), "a key of its PEM text")
  }

  static func written(_ write: (OpaquePointer) -> Int32) -> [UInt8] {
    let bio = made(BIO_new(BIO_s_mem()), "a BIO")
    defer { BIO_free(bio) }
    require(write(bio) == 1, "write PEM")
    var text = [UInt8](repeating: 0, count: BIO_ctrl_pending(bio))
    BIO_read(bio, &text, Int32(text.count))
    return text
  }
}

private func made(_ pointer: OpaquePointer?, _ what: String) -> OpaquePointer {
  guard let pointer else { fatalError("OpenSSL could not make \(what)") }
  return pointer
}

private func require(_ success: Bool, _ what: String) {
  if !success { fatalError("OpenSSL could not \(what)") }
}
