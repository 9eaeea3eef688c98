// Python's servers that our client must refuse.
import Freshet
import TestSupport
import Testing

extension InteropTests {
  @Suite struct OurClientSecurityTests {
    @Test func `Without the certificate that the server demands, a call is UNAVAILABLE`() async throws {
      try await interop("we have no certificate", .client, .mutualTLS) { peers in
        let server = try await peers.pythonServer(.mutualTLS)
        let tls = peers.credentials.clientConfiguration(.mutualTLS, withIdentity: false)
        try await expectUnavailable(server.target, tls: tls, saying: "")
      }
    }

    @Test(
      arguments: [Security.tls13, .tls12])
    func `An untrusted authority is UNAVAILABLE, and the error says so`(_ security: Security)
      async throws
    {
      try await interop("we trust another authority", .client, security) { peers in
        let server = try await peers.pythonServer(security)
        let tls = peers.credentials.clientConfiguration(security, trusting: peers.credentials.strangerRoots)
        try await expectUnavailable(server.target, tls: tls, saying: "certificate")
      }
    }

    @Test(
      arguments: [Security.tls13, .tls12])
    func `A name mismatch is UNAVAILABLE, and the error has the expected name`(_ security: Security)
      async throws
    {
      try await interop("the certificate has another name", .client, security) { peers in
        let server = try await peers.pythonServer(security)
        let tls = peers.credentials.clientConfiguration(security, serverName: "elsewhere.example")
        try await expectUnavailable(server.target, tls: tls, saying: "elsewhere.example")
      }
    }

    @Test func `TLS to a plaintext port is UNAVAILABLE, and the error says why`() async throws {
      try await interop("the server speaks no TLS", .client, .tls13) { peers in
        let server = try await peers.pythonServer(.h2c)
        try await expectUnavailable(server.target, tls: peers.credentials.clientConfiguration(.tls13), saying: "TLS")
      }
    }

    @Test func `Plaintext to a TLS port is UNAVAILABLE, and the error says why`() async throws {
      try await interop("the server speaks TLS", .client, .h2c) { peers in
        let server = try await peers.pythonServer(.tls13)
        try await expectUnavailable(server.target, tls: nil, saying: "TLS")
      }
    }

    private func expectUnavailable(_ target: String, tls: TLSConfiguration?, saying text: String) async throws {
      try await withClient(target, tls: tls) { client in
        let options = CallOptions(timeout: .seconds(30))
        let error = await #expect(throws: RPCError.self) { try await client.call(.get, ["word"], options) }
        #expect(error?.code == .unavailable)
        #expect(text.isEmpty || error.map { "\($0)".contains(text) } == true, "\(error.map { "\($0)" } ?? "no error")")
      }
    }
  }
}
