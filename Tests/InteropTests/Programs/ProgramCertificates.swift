// The certificates of the interoperability programs, and the flags that name them.
import TestSupport

/// The server's certificate has another name than clients connect to, so only those that override it succeed.
struct ProgramCertificates: Sendable {
  private let folder: TemporaryFolder
  private let authority: String
  private let certificate: String
  private let key: String

  init() throws {
    folder = try TemporaryFolder()
    let issuer = TestAuthority(commonName: "Freshet interop")
    let server = issuer.issue(commonName: Self.serverName, dnsNames: [Self.serverName])
    authority = try folder.write(issuer.certificatePEM, to: "ca.pem")
    certificate = try folder.write(server.certificatePEM, to: "server.pem")
    key = try folder.write(server.privateKeyPEM, to: "server.key")
  }

  func remove() { folder.remove() }

  func serverFlags(_ security: Security) -> [String] {
    security == .h2c ? [] : ["--use_tls=true", "--tls_cert_file=\(certificate)", "--tls_key_file=\(key)"]
  }

  func clientFlags(_ security: Security, serverName: String = Self.serverName) -> [String] {
    if security == .h2c { return [] }
    return ["--use_tls", "--use_test_ca", "--ca_file", authority, "--server_host_override", serverName]
  }

  static let serverName = "interop.freshet.test"
}
