// How a test's connections are secured, and the certificates for that.
import Freshet
import TestSupport

enum Security: String, CaseIterable, Sendable {
  case h2c
  case tls13 = "TLS 1.3"
  case tls12 = "TLS 1.2"
  case mutualTLS = "mutual TLS"
  case unix = "Unix socket"

  /// Used by most tests; the others differ from these only in the handshake.
  static let common: [Security] = [.h2c, .tls13]
}

/// The certificates of one run, in memory for us and in files for Python.
struct Credentials: Sendable {
  struct Files: Sendable {
    var certificate: String
    var key: String
  }

  private let authority = TestAuthority(commonName: "Freshet interop")
  private let stranger = TestAuthority(commonName: "unknown to the peers")
  private let server: TestCertificate
  private let client: TestCertificate
  let serverFiles: Files
  let clientFiles: Files
  let authorityFile: String
  let strangerFile: String

  init(in folder: TemporaryFolder) throws {
    server = authority.issue(commonName: "server", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"])
    client = authority.issue(commonName: "client", usage: .client)
    serverFiles = try Files(
      certificate: folder.write(server.certificatePEM, to: "server.pem"),
      key: folder.write(server.privateKeyPEM, to: "server.key"))
    clientFiles = try Files(
      certificate: folder.write(client.certificatePEM, to: "client.pem"),
      key: folder.write(client.privateKeyPEM, to: "client.key"))
    authorityFile = try folder.write(authority.certificatePEM, to: "ca.pem")
    strangerFile = try folder.write(stranger.certificatePEM, to: "stranger.pem")
  }

  private var roots: TLSTrustRoots { .certificates([.bytes(authority.certificatePEM)]) }

  var strangerRoots: TLSTrustRoots { .certificates([.bytes(stranger.certificatePEM)]) }

  func serverConfiguration(_ security: Security) -> TLSConfiguration? {
    let identity = TLSIdentity(
      certificateChain: .bytes(server.certificatePEM), privateKey: .bytes(server.privateKeyPEM))
    switch security {
    case .h2c, .unix: return nil
    case .tls13:
      var configuration = TLSConfiguration.server(identity: identity)
      configuration.minimumVersion = .v1_3
      return configuration
    case .tls12:
      var configuration = TLSConfiguration.server(identity: identity)
      configuration.maximumVersion = .v1_2
      return configuration
    case .mutualTLS: return .server(identity: identity, clientCertificates: .require(roots))
    }
  }

  func clientConfiguration(
    _ security: Security, trusting other: TLSTrustRoots? = nil, serverName: String? = nil, withIdentity: Bool = true
  ) -> TLSConfiguration? {
    let identity = TLSIdentity(
      certificateChain: .bytes(client.certificatePEM), privateKey: .bytes(client.privateKeyPEM))
    let needsIdentity = security == .mutualTLS && withIdentity
    var configuration = TLSConfiguration.client(
      trustRoots: other ?? roots, identity: needsIdentity ? identity : nil, serverName: serverName)
    switch security {
    case .h2c, .unix: return nil
    case .tls13: configuration.minimumVersion = .v1_3
    case .tls12: configuration.maximumVersion = .v1_2
    case .mutualTLS: break
    }
    return configuration
  }
}
