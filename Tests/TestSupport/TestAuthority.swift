// Certificates for tests, made on the spot in memory: an authority, and the leaves and lesser authorities it issues.
import COpenSSL

/// A certificate with its key, as PEM text.
public struct TestCertificate: Sendable {
  /// The certificate, followed by those of the authorities between it and the root.
  public var certificatePEM: [UInt8]
  /// The private key, PKCS #8.
  public var privateKeyPEM: [UInt8]
}

/// What a certificate may be used for.
public enum TestCertificateUsage: Sendable {
  case server, client
}

/// What keys a certificate may have.
public enum TestKeyKind: Sendable, CaseIterable {
  case p256, rsa2048
}

/// An authority that issues certificates for tests. A failure of OpenSSL ends the test program.
public struct TestAuthority: Sendable {
  /// The authority's own certificate: what a peer is to trust.
  public let certificatePEM: [UInt8]

  private let privateKeyPEM: [UInt8]
  private let chainPEM: [UInt8]

  /// A root, which has signed itself.
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

  /// A lesser authority; what it issues carries its certificate in the chain.
  public func intermediate(commonName: String) -> TestAuthority {
    let maker = CertificateMaker(commonName: commonName, days: -1...3650, extensions: Self.authorityExtensions)
    return TestAuthority(made: maker.make(signer: signer), above: chainPEM)
  }

  /// A certificate for a server or a client.
  ///
  /// - Parameter days: From when to when it is valid, in days from now; `-30 ... -1` has expired.
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
  /// A certificate of no authority, which whoever is to trust it is given itself.
  public static func selfSigned(commonName: String, usage: TestCertificateUsage) -> TestCertificate {
    var extensions: [CertificateMaker.Extension] = [
      (NID_basic_constraints, "critical,CA:FALSE"),
      (NID_key_usage, "critical,digitalSignature"),
      (NID_ext_key_usage, usage == .server ? "serverAuth" : "clientAuth"),
    ]
    if usage == .server { extensions.append((NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1")) }
    return CertificateMaker(commonName: commonName, days: -1...7, extensions: extensions).make(signer: nil)
  }

  /// The same key in the form that its algorithm had before PKCS #8: PKCS #1 for RSA, SEC 1 for EC.
  public var traditionalPrivateKeyPEM: [UInt8] {
    let key = PEM.readKey(privateKeyPEM)
    defer { EVP_PKEY_free(key) }
    return PEM.written { PEM_write_bio_PrivateKey_traditional($0, key, nil, nil, 0, nil, nil) }
  }

  /// The same key, encrypted by a password as `openssl pkey -aes256` does.
  public func encryptedPrivateKeyPEM(password: String) -> [UInt8] {
    let key = PEM.readKey(privateKeyPEM)
    defer { EVP_PKEY_free(key) }
    return PEM.written { bio in
      PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_256_cbc(), password, Int32(password.utf8.count), nil, nil)
    }
  }
}
