// The protocol and security of a round of cases.
import ConformanceStubs
import ConformanceSupport
import Foundation
import SwiftProtobuf
import TestSupport

enum Setup: String, CaseIterable, Sendable {
  case h2c
  case h2cGzip = "h2c, gzip"
  case tls = "TLS"
  case tlsGzip = "TLS, gzip"
  case clientCertificate = "TLS with client certificate"

  var usesTLS: Bool { self != .h2c && self != .h2cGzip }
  var usesGzip: Bool { self == .h2cGzip || self == .tlsGzip }

  /// Self-signed certificates, as the runner makes them.
  static let serverCredentials = TestCertificate.selfSigned(commonName: "Conformance Server", usage: .server)
  static let clientCredentials = TestCertificate.selfSigned(commonName: "Conformance Client", usage: .client)

  func serverRequest(receiveLimit: Int) -> ServerCompatRequest {
    .with {
      $0.protocol = .grpc
      $0.httpVersion = .httpVersion2
      $0.messageReceiveLimit = UInt32(receiveLimit)
      guard usesTLS else { return }
      $0.useTls = true
      $0.serverCreds = Self.serverCredentials.creds
      if self == .clientCertificate { $0.clientTlsCert = Data(Self.clientCredentials.certificatePEM) }
    }
  }

  /// Adds this setup's fields to a call.
  func complete(_ request: inout ClientCompatRequest, _ server: ServerCompatResponse) {
    request.testName = "\(rawValue)/\(request.testName)"
    request.protocol = .grpc
    request.httpVersion = .httpVersion2
    request.codec = .proto
    request.compression = usesGzip ? .gzip : .identity
    request.host = server.host
    request.port = server.port
    request.serverTlsCert = server.pemCert
    if self == .clientCertificate { request.clientTlsCreds = Self.clientCredentials.creds }
  }
}

extension TestCertificate {
  var creds: Connectrpc_Conformance_V1_TLSCreds {
    .with { ($0.cert, $0.key) = (Data(certificatePEM), Data(privateKeyPEM)) }
  }
}
