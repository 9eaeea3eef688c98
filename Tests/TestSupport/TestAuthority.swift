// Certificates for tests, created in memory: an authority, and the leaves and intermediates it issues.
import COpenSSL

/// A certificate with its key, as PEM text.
public struct TestCertificate: Sendable {
  /// The certificate, followed by those of the authorities between it and the root.
  public var certificatePEM: [UInt8]
  /// The private key, PKCS #8.
  public var privateKeyPEM: [UInt8]
}

/// The purpose of a certificate.
public enum TestCertificateUsage: Sendable {
  case server, client
}

/// The kinds of key of a certificate.
public enum TestKeyKind: Sendable, CaseIterable {
  case p256, rsa2048
}

/// An authority that issues certificates for tests. A failure of OpenSSL ends the test program.
public struct TestAuthority: Sendable {
  /// The authority's own certificate, for a peer's trust roots.
  public let certificatePEM: [UInt8]

  private let privateKeyPEM: [UInt8]
  private let chainPEM: [UInt8]

  /// A self-signed root.
  public init(commonName: String) {
    let maker = CertificateMaker(commonName: commonName, days: -1...3650, extensions: Self.authorityExtensions)
    let made = maker.make(signer: nil)
    certificatePEM = made.certificatePEM
    privateKeyPEM = made.privateKeyPEM
    chainPEM = []
  }

  private init(made: TestCertificate, above chain: [UInt8]) {
    certificatePEM = made.certificatePEM
    privateKeyPEM = made.privateKeyPEM
    chainPEM = made.certificatePEM + chain
  }

  /// An intermediate authority; certificates that it issues have its own in their chain.
  public func intermediate(commonName: String) -> TestAuthority {
    let maker = CertificateMaker(commonName: commonName, days: -1...3650, extensions: Self.authorityExtensions)
    return TestAuthority(made: maker.make(signer: signer), above: chainPEM)
  }

  /// A certificate for a server or a client.
  ///
  /// - Parameter days: The validity, in days from now; `-30 ... -1` has expired.
  public func issue(
    commonName: String = "test", dnsNames: [String] = [], ipAddresses: [String] = [],
    days: ClosedRange<Int> = -1...30, usage: TestCertificateUsage = .server, key: TestKeyKind = .p256
  ) -> TestCertificate {
    let names = dnsNames.map { "DNS:\($0)" } + ipAddresses.map { "IP:\($0)" }
    var extensions: [CertificateMaker.Extension] = [
      (NID_basic_constraints, "critical,CA:FALSE"),
      (NID_key_usage, "critical,digitalSignature"),
      (NID_ext_key_usage, usage == .server ? "serverAuth" : "clientAuth"),
    ]
    if !names.isEmpty { extensions.append((NID_subject_alt_name, names.joined(separator: ","))) }
    let maker = CertificateMaker(commonName: commonName, days: days, extensions: extensions, keyKind: key)
    var issued = maker.make(signer: signer)
    issued.certificatePEM += chainPEM
    return issued
  }

  private var signer: TestCertificate {
    TestCertificate(certificatePEM: certificatePEM, privateKeyPEM: privateKeyPEM)
  }

  private static var authorityExtensions: [CertificateMaker.Extension] {
    [(NID_basic_constraints, "critical,CA:TRUE"), (NID_key_usage, "critical,keyCertSign,cRLSign")]
  }
}

extension TestCertificate {
  /// A self-signed certificate, to be trusted directly.
  public static func selfSigned(commonName: String, usage: TestCertificateUsage) -> TestCertificate {
    var extensions: [CertificateMaker.Extension] = [
      (NID_basic_constraints, "critical,CA:FALSE"),
      (NID_key_usage, "critical,digitalSignature"),
      (NID_ext_key_usage, usage == .server ? "serverAuth" : "clientAuth"),
    ]
    if usage == .server { extensions.append((NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1")) }
    return CertificateMaker(commonName: commonName, days: -1...7, extensions: extensions).make(signer: nil)
  }

  /// The same key in its algorithm's traditional form: PKCS #1 for RSA, SEC 1 for EC.
  public var traditionalPrivateKeyPEM: [UInt8] {
    let key = PEM.readKey(privateKeyPEM)
    defer { EVP_PKEY_free(key) }
    return PEM.written { PEM_write_bio_PrivateKey_traditional($0, key, nil, nil, 0, nil, nil) }
  }

  /// The same key, encrypted by a password like `openssl pkey -aes256`.
  public func encryptedPrivateKeyPEM(password: String) -> [UInt8] {
    let key = PEM.readKey(privateKeyPEM)
    defer { EVP_PKEY_free(key) }
    return PEM.written { bio in
      PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_256_cbc(), password, Int32(password.utf8.count), nil, nil)
    }
  }
}
