// Python's clients that our server must refuse, next to clients it must serve.
import Freshet
import TestSupport
import Testing

extension InteropTests {
  @Suite struct OurServerSecurityTests {
    @Test func `A client without the required certificate is refused; others are served`()
      async throws
    {
      try await interop("client without a certificate", .server, .mutualTLS) { peers in
        let (server, python) = try await peers.ourServer(.mutualTLS)
        let stranger = try PythonClient.start(server.target, .mutualTLS, peers.credentials, withIdentity: false)
        #expect(try await stranger.call(.init(.get, ["word"])).code == "UNAVAILABLE")
        try await stranger.stop()
        #expect(try await python.call(.init(.get, ["word"])).texts == ["word"])
      }
    }

    @Test(arguments: [Security.tls13, .tls12])
    func `A client that does not trust the server's authority gets UNAVAILABLE`(_ security: Security) async throws {
      try await interop("client trusts another authority", .server, security) { peers in
        let (server, python) = try await peers.ourServer(security)
        let stranger = try PythonClient.start(
          server.target, security, peers.credentials, trusting: peers.credentials.strangerFile)
        #expect(try await stranger.call(.init(.get, ["word"])).code == "UNAVAILABLE")
        try await stranger.stop()
        #expect(try await python.call(.init(.get, ["word"])).texts == ["word"])
      }
    }

    @Test func `A plaintext client at a TLS port gets UNAVAILABLE`() async throws {
      try await interop("plaintext client at a TLS port", .server, .tls13) { peers in
        let (server, python) = try await peers.ourServer(.tls13)
        let stranger = try PythonClient.start(server.target, .h2c, peers.credentials)
        #expect(try await stranger.call(.init(.get, ["word"])).code == "UNAVAILABLE")
        try await stranger.stop()
        #expect(try await python.call(.init(.get, ["word"])).texts == ["word"])
      }
    }

    @Test func `A TLS client at a plaintext port gets UNAVAILABLE`() async throws {
      try await interop("TLS client at a plaintext port", .server, .h2c) { peers in
        let (server, python) = try await peers.ourServer(.h2c)
        let stranger = try PythonClient.start(server.target, .tls13, peers.credentials)
        #expect(try await stranger.call(.init(.get, ["word"])).code == "UNAVAILABLE")
        try await stranger.stop()
        #expect(try await python.call(.init(.get, ["word"])).texts == ["word"])
      }
    }
  }
}
