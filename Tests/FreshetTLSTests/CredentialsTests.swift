// PEM files and texts, good and bad; each refusal names the file and the reason.
import COpenSSL
import Testing
import TestSupport

@testable import FreshetTLS

@Suite struct CredentialsTests {
  private let good = Certificates.server

  @Test func `an identity may come from files`() throws {
    try TemporaryFile.with(good.certificatePEM) { certificate in
      try TemporaryFile.with(good.privateKeyPEM) { key in
        let identity = TLSIdentity(certificateChain: .file(certificate), privateKey: .file(key))
        let pair = try SessionPair(server: .server(identity: identity))
        pair.shakeHands()
        #expect(pair.client.error == nil)
      }
    }
  }

  @Test(arguments: TestKeyKind.allCases, [TLSVersion.v1_2, .v1_3])
  func `a key may be RSA or EC, as PKCS #8 or as PKCS #1 or SEC 1 before it`(kind: TestKeyKind, version: TLSVersion)
    throws
  {
    let issued = Certificates.authority.issue(dnsNames: ["localhost"], key: kind)
    let old = issued.traditionalPrivateKeyPEM
    let firstLine = kind == .p256 ? "-----BEGIN EC PRIVATE KEY-----" : "-----BEGIN RSA PRIVATE KEY-----"
    #expect(old.starts(with: firstLine.utf8))
    #expect(issued.privateKeyPEM.starts(with: "-----BEGIN PRIVATE KEY-----".utf8))
    for key in [issued.privateKeyPEM, old] {
      let identity = TLSIdentity(certificateChain: .bytes(issued.certificatePEM), privateKey: .bytes(key))
      let pair = try SessionPair(server: .server(identity: identity).versions(version, version))
      pair.shakeHands()
      #expect(pair.client.error == nil && pair.server.error == nil)
      #expect(pair.client.session.version == version)
    }
  }

  @Test func `trust roots may come from a file with several`() throws {
    try TemporaryFile.with(Certificates.stranger.certificatePEM + Certificates.authority.certificatePEM) { roots in
      let pair = try SessionPair(client: .client(trustRoots: .certificates([.file(roots)])))
      pair.shakeHands()
      #expect(pair.client.error == nil)
    }
  }

  @Test func `a missing file is named with the system's reason`() {
    #expect(
      refusal(certificate: .file("/nowhere/cert.pem"))
        == "TLS configuration: certificate chain \"/nowhere/cert.pem\": cannot be opened: No such file or directory")
    #expect(
      refusal(key: .file("/nowhere/key.pem"))
        == "TLS configuration: private key \"/nowhere/key.pem\": cannot be opened: No such file or directory")
    #expect(
      trustRefusal(.file("/nowhere/ca.pem"))
        == "TLS configuration: trust roots \"/nowhere/ca.pem\": cannot be opened: No such file or directory")
  }

  @Test func `a folder instead of a file is refused`() {
    #expect(
      refusal(certificate: .file("/tmp"))
        == "TLS configuration: certificate chain \"/tmp\": cannot be read: Is a directory")
    #expect(refusal(key: .file("/tmp")) == "TLS configuration: private key \"/tmp\": cannot be read: Is a directory")
  }

  @Test(arguments: ["", "no PEM at all\n"])
  func `text without a certificate or key is refused`(text: String) {
    #expect(
      refusal(certificate: .text(text)) == """
        TLS configuration: certificate chain PEM text in memory: holds no certificate in PEM form \
        (no "-----BEGIN CERTIFICATE-----")
        """)
    #expect(
      refusal(key: .text(text)) == """
        TLS configuration: private key PEM text in memory: holds no private key in PEM form \
        (no "-----BEGIN PRIVATE KEY-----" or the like)
        """)
    #expect(trustRefusal(.text(text))?.contains("trust roots PEM text in memory: holds no certificate") == true)
  }

  @Test func `a key instead of a certificate, and vice versa, is refused`() {
    #expect(refusal(certificate: .bytes(good.privateKeyPEM))?.contains("holds no certificate in PEM form") == true)
    #expect(refusal(key: .bytes(good.certificatePEM))?.contains("holds no private key in PEM form") == true)
  }

  @Test func `a damaged certificate is refused, even the second`() {
    let damaged = damaged(good.certificatePEM)
    #expect(
      refusal(certificate: .bytes(damaged))?.hasPrefix(
        "TLS configuration: certificate chain PEM text in memory: certificate 1 in it is damaged: ") == true)
    #expect(
      refusal(certificate: .bytes(good.certificatePEM + damaged))?.contains("certificate 2 in it is damaged: ") == true)
    let cut = Array(good.certificatePEM.dropLast(40))
    #expect(refusal(certificate: .bytes(cut))?.contains("certificate 1 in it is damaged: ") == true)
  }

  @Test func `a damaged key is refused`() {
    #expect(
      refusal(key: .bytes(damaged(good.privateKeyPEM)))?.hasPrefix(
        "TLS configuration: private key PEM text in memory: is damaged: ") == true)
  }

  @Test func `a key of another certificate is refused, with both named`() throws {
    let other = Certificates.authority.issue(dnsNames: ["localhost"])
    try TemporaryFile.with(good.certificatePEM) { certificate in
      try TemporaryFile.with(other.privateKeyPEM) { key in
        #expect(
          refusal(certificate: .file(certificate), key: .file(key)) == """
            TLS configuration: private key "\(key)": does not belong to the first certificate \
            of the certificate chain "\(certificate)"
            """)
      }
    }
  }

  @Test func `an encrypted key is refused without asking for the password`() {
    let key = good.encryptedPrivateKeyPEM(password: "secret")
    #expect(
      refusal(key: .bytes(key)) == """
        TLS configuration: private key PEM text in memory: is encrypted, and no password can be given; \
        decrypt it first (openssl pkey -in … -out …)
        """)
  }

  @Test func `a refusal's kind has source and reason separately`() {
    let error = #expect(throws: TLSError.self) {
      try TLSContext(.client(trustRoots: .certificates([.file("/nowhere")])))
    }
    #expect(
      error?.kind
        == .configuration(source: "trust roots \"/nowhere\"", reason: "cannot be opened: No such file or directory"))
  }

  @Test func `a source's description never holds its content`() {
    #expect("\(PEMSource.bytes(good.privateKeyPEM))" == "PEM text in memory")
  }

  private func refusal(certificate: PEMSource? = nil, key: PEMSource? = nil) -> String? {
    let identity = TLSIdentity(
      certificateChain: certificate ?? .bytes(good.certificatePEM), privateKey: key ?? .bytes(good.privateKeyPEM))
    return #expect(throws: TLSError.self) { try TLSContext(.server(identity: identity)) }?.message
  }

  private func trustRefusal(_ roots: PEMSource) -> String? {
    #expect(throws: TLSError.self) { try TLSContext(.client(trustRoots: .certificates([roots]))) }?.message
  }

  /// The same text with some characters in the middle swapped.
  private func damaged(_ text: [UInt8]) -> [UInt8] {
    var text = text
    for index in text.count / 2..<text.count / 2 + 4 { text[index] = UInt8(ascii: "!") }
    return text
  }
}
