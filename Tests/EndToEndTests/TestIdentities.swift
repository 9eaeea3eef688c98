// Certificates and paths for tests that run servers.
import Foundation
import Freshet
import TestSupport

extension TestAuthority {
  /// A certificate for localhost and 127.0.0.1, with its key.
  func serverIdentity(
    dnsNames: [String] = ["localhost"], ipAddresses: [String] = ["127.0.0.1"], days: ClosedRange<Int> = -1...30
  ) -> TLSIdentity {
    let certificate = issue(commonName: "test server", dnsNames: dnsNames, ipAddresses: ipAddresses, days: days)
    return TLSIdentity(
      certificateChain: .bytes(certificate.certificatePEM), privateKey: .bytes(certificate.privateKeyPEM))
  }
}

enum TemporaryPath {
  /// A path for a Unix socket, short enough for `sockaddr_un`.
  static func socket() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("freshet-\(UUID().uuidString.prefix(8)).sock").path
  }
}
