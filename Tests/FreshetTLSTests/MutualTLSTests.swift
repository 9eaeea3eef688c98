// A server that requests client certificates, with good, missing and wrong ones.
import Testing
import TestSupport

@testable import FreshetTLS

@Suite struct MutualTLSTests {
  @Test(arguments: [TLSVersion.v1_2, .v1_3])
  func `a client with a good certificate is accepted, and the server sees it`(version: TLSVersion) throws {
    let pair = try pair(requiring: true, identity: Certificates.client, version)
    #expect(pair.client.error == nil)
    #expect(pair.server.error == nil)
    #expect(pair.server.session.peerCertificateDER?.isEmpty == false)
  }

  @Test(arguments: [TLSVersion.v1_2, .v1_3])
  func `a client without a certificate is refused where one is required`(version: TLSVersion) throws {
    let pair = try pair(requiring: true, identity: nil, version)
    #expect(pair.server.error?.kind == .certificate(.missing))
    #expect(
      pair.server.error?.message
        == "TLS handshake with a client: the peer sent no certificate, and the configuration requires one")
    #expect(pair.server.session.state == .closed)
    #expect(pair.client.session.state == .closed)
    // TLS 1.2 has no specific alert for this, and its client is still in the handshake.
    let alert: TLSAlert = version == .v1_3 ? .certificateRequired : .handshakeFailure
    #expect(pair.client.error?.kind == .alert(alert))
    if version == .v1_3 {
      #expect(
        pair.client.error?.message == """
          TLS connection with server "localhost": the peer gave up with the alert certificate_required \
          (it requires a client certificate and got none)
          """)
    }
  }

  @Test func `a client without a certificate is accepted where one is only requested`() throws {
    let pair = try pair(requiring: false, identity: nil, .v1_3)
    #expect(pair.server.session.state == .open)
    #expect(pair.server.session.peerCertificateDER == nil)
  }

  @Test(arguments: [true, false])
  func `a client's certificate of an unknown issuer is refused`(isRequired: Bool) throws {
    let stranger = Certificates.stranger.issue(commonName: "stranger", usage: .client)
    let pair = try pair(requiring: isRequired, identity: stranger, .v1_3)
    #expect(pair.server.error?.kind == .certificate(.unknownIssuer(issuer: "CN=Stranger Root")))
    #expect(
      pair.server.error?.message == """
        TLS handshake with a client: the certificate of "CN=stranger" was issued by "CN=Stranger Root", \
        which is not trusted (trusted: PEM text in memory)
        """)
    #expect(pair.client.error?.kind == .alert(.unknownCA))
  }

  @Test func `a server's certificate is not accepted from a client`() throws {
    let pair = try pair(requiring: true, identity: Certificates.server, .v1_3)
    #expect(pair.server.error?.kind == .certificate(.wrongPurpose))
  }

  private func pair(requiring: Bool, identity: TestCertificate?, _ version: TLSVersion) throws -> SessionPair {
    let roots = TLSTrustRoots.authority(Certificates.authority)
    let pair = try SessionPair(
      client: .client(trustRoots: roots, identity: identity?.identity).versions(version, version),
      server: .server(
        identity: Certificates.server.identity, clientCertificates: requiring ? .require(roots) : .request(roots)))
    pair.shakeHands()
    return pair
  }
}
