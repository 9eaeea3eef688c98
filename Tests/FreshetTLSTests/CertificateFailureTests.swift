// Which certificates are refused, and the errors at both ends.
import Testing
import TestSupport

@testable import FreshetTLS

@Suite struct CertificateFailureTests {
  @Test(arguments: ["localhost", "LOCALHOST", "localhost.", "a.example.com", "127.0.0.1", "::1", "[::1]"])
  func `a certificate is valid for its names and addresses`(name: String) throws {
    let pair = try SessionPair(serverName: name)
    pair.shakeHands()
    #expect(pair.client.error == nil)
    #expect(pair.client.session.state == .open)
  }

  @Test(arguments: ["example.com", "a.b.example.com", "other.test", "server"])
  func `a certificate for other names is refused, with both`(name: String) throws {
    let error = try clientError(serverName: name)
    let found = ["localhost", "*.example.com", "127.0.0.1", "0:0:0:0:0:0:0:1"]
    #expect(error?.kind == .certificate(.nameMismatch(expected: name, found: found)))
    #expect(
      error?.message == """
        TLS handshake with server "\(name)": the certificate of "CN=server" is for localhost, *.example.com, \
        127.0.0.1, 0:0:0:0:0:0:0:1, not for "\(name)"
        """)
  }

  @Test func `a certificate for another address is refused`() throws {
    let error = try clientError(serverName: "127.0.0.2")
    #expect(error?.message.hasSuffix("not for \"127.0.0.2\"") == true)
  }

  @Test func `a wildcard for a part of a label does not count`() throws {
    let partial = Certificates.authority.issue(dnsNames: ["w*.example.com"])
    let error = try clientError(.server(identity: partial.identity), serverName: "www.example.com")
    #expect(
      error?.kind == .certificate(.nameMismatch(expected: "www.example.com", found: ["w*.example.com"])))
  }

  @Test func `the common name does not count`() throws {
    let nameless = Certificates.authority.issue(commonName: "localhost")
    let error = try clientError(.server(identity: nameless.identity))
    #expect(error?.kind == .certificate(.nameMismatch(expected: "localhost", found: [])))
    #expect(error?.message.contains("is for no name at all") == true)
  }

  @Test func `a list of many names is truncated`() throws {
    let names = (0..<50).map { "host\($0).test" }
    let many = Certificates.authority.issue(dnsNames: names)
    let error = try clientError(.server(identity: many.identity))
    #expect(error?.kind == .certificate(.nameMismatch(expected: "localhost", found: names)))
    #expect(error?.message.contains("host9.test and 40 more, not for") == true)
  }

  @Test(arguments: [TLSVersion.v1_2, .v1_3])
  func `an untrusted issuer is named, with the trusted ones`(version: TLSVersion) throws {
    let pair = try SessionPair(
      client: .client(trustRoots: .authority(Certificates.stranger)).versions(version, version))
    pair.shakeHands()
    #expect(pair.client.error?.kind == .certificate(.unknownIssuer(issuer: "CN=Test Root")))
    #expect(
      pair.client.error?.message == """
        TLS handshake with server "localhost": the certificate of "CN=server" was issued by "CN=Test Root", \
        which is not trusted (trusted: PEM text in memory)
        """)
    #expect(pair.server.error?.kind == .alert(.unknownCA))
    #expect(
      pair.server.error?.message == """
        TLS handshake with a client: the peer gave up with the alert unknown_ca \
        (it does not trust the issuer of our certificate)
        """)
  }

  @Test func `the system's trust roots do not include ours`() throws {
    let pair = try SessionPair(client: .client())
    pair.shakeHands()
    #expect(pair.client.error?.message.hasSuffix("(trusted: the system's trust roots)") == true)
  }

  @Test func `an expired certificate is refused, with the date`() throws {
    let expired = Certificates.authority.issue(dnsNames: ["localhost"], days: -30 ... -1)
    let pair = try SessionPair(server: .server(identity: expired.identity))
    pair.shakeHands()
    guard case .certificate(.expired(let date)) = pair.client.error?.kind else {
      Issue.record("\(String(describing: pair.client.error))")
      return
    }
    #expect(date.hasPrefix("20") && date.hasSuffix("Z"))
    #expect(pair.client.error?.message.hasSuffix("the certificate of \"CN=test\" expired on \(date)") == true)
    #expect(pair.server.error?.kind == .alert(.certificateExpired))
  }

  @Test func `a certificate that is not valid yet is refused`() throws {
    let future = Certificates.authority.issue(dnsNames: ["localhost"], days: 5...10)
    let error = try clientError(.server(identity: future.identity))
    #expect(error?.message.contains("the certificate of \"CN=test\" is not valid before 20") == true)
  }

  @Test func `a client's certificate is not accepted from a server`() throws {
    let client = Certificates.authority.issue(dnsNames: ["localhost"], usage: .client)
    let error = try clientError(.server(identity: client.identity))
    #expect(error?.kind == .certificate(.wrongPurpose))
    #expect(error?.message.hasSuffix("the certificate of \"CN=test\" is not meant for this use") == true)
  }

  @Test func `a chain through an intermediate is followed`() throws {
    let lesser = Certificates.authority.intermediate(commonName: "Lesser")
    let pair = try SessionPair(server: .server(identity: lesser.issue(dnsNames: ["localhost"]).identity))
    pair.shakeHands()
    #expect(pair.client.error == nil)
  }

  @Test func `a chain without its intermediate is refused`() throws {
    let lesser = Certificates.authority.intermediate(commonName: "Lesser")
    var leaf = lesser.issue(dnsNames: ["localhost"])
    leaf.certificatePEM.removeLast(lesser.certificatePEM.count)
    let error = try clientError(.server(identity: leaf.identity))
    #expect(error?.kind == .certificate(.unknownIssuer(issuer: "CN=Lesser")))
  }

  @Test func `an explicitly given intermediate is trusted itself`() throws {
    let lesser = Certificates.authority.intermediate(commonName: "Lesser")
    let pair = try SessionPair(
      client: .client(trustRoots: .authority(lesser)),
      server: .server(identity: lesser.issue(dnsNames: ["localhost"]).identity))
    pair.shakeHands()
    #expect(pair.client.error == nil)
  }

  @Test func `verifying only the chain accepts any name but not any issuer`() throws {
    let trusting = TLSConfiguration.client(trustRoots: .authority(Certificates.authority), verification: .chainOnly)
    let pair = try SessionPair(client: trusting, serverName: "other.test")
    pair.shakeHands()
    #expect(pair.client.error == nil)
    let wrong = TLSConfiguration.client(trustRoots: .authority(Certificates.stranger), verification: .chainOnly)
    let refused = try SessionPair(client: wrong, serverName: nil)
    refused.shakeHands()
    #expect(refused.client.error?.message.hasPrefix("TLS handshake with a server of no known name: ") == true)
  }

  @Test func `verifying nothing accepts anything`() throws {
    let pair = try SessionPair(client: .client(verification: .none), serverName: "other.test")
    pair.shakeHands()
    #expect(pair.client.session.state == .open)
  }

  @Test func `the configuration's server name takes precedence over the target's`() throws {
    let named = TLSConfiguration.client(trustRoots: .authority(Certificates.authority), serverName: "localhost")
    let pair = try SessionPair(client: named, serverName: "10.0.0.1")
    pair.shakeHands()
    #expect(pair.client.error == nil)
  }

  private func clientError(
    _ server: TLSConfiguration = .testServer, serverName: String = "localhost"
  ) throws -> TLSError? {
    let pair = try SessionPair(server: server, serverName: serverName)
    pair.shakeHands()
    #expect(pair.client.session.state == .closed)
    #expect(pair.server.session.state == .closed)
    return pair.client.error
  }
}
