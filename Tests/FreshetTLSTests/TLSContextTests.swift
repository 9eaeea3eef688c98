// What a context rejects before there is any connection: files, keys, versions, names.
import FreshetText
import NIOCore
import Testing
import TestSupport

@testable import FreshetTLS

@Suite struct TLSContextTests {
  @Test func `the lack of a common version is reported to both`() throws {
    let pair = try SessionPair(
      client: .testClient.versions(.v1_2, .v1_2), server: .testServer.versions(.v1_3, nil))
    pair.shakeHands()
    #expect(pair.server.error?.kind == .noCommonVersion)
    #expect(
      pair.server.error?.message
        == "TLS handshake with a client: the peer speaks none of the accepted versions, TLS 1.3")
    #expect(pair.client.error?.kind == .alert(.protocolVersion))
    #expect(
      pair.client.error?.message == """
        TLS handshake with server "localhost": the peer gave up with the alert protocol_version \
        (it speaks none of our TLS versions)
        """)
  }

  @Test func `a client rejects a server that answers in an older version`() throws {
    let pair = try SessionPair(
      client: .testClient.versions(.v1_3, .v1_3), server: .testServer.versions(.v1_2, .v1_2))
    pair.shakeHands()
    #expect(pair.server.error?.kind == .noCommonVersion)
    #expect(pair.client.error?.kind == .alert(.protocolVersion))
  }

  @Test func `versions that leave none are rejected`() {
    let error = contextError(.testClient.versions(.v1_3, .v1_2))
    #expect(
      error?.message
        == "TLS configuration: minimumVersion: TLS 1.3 is above maximumVersion, TLS 1.2; no version is left")
  }

  @Test(arguments: ["", "a b", "b\u{E4}d.example", "a\u{0}b", String(repeating: "a", count: 254)])
  func `an invalid server name is rejected`(name: String) throws {
    let context = try TLSContext(.testClient)
    let error = #expect(throws: TLSError.self) { try context.makeSession(serverName: name) }
    #expect(error?.message.hasPrefix("TLS configuration: server name \"\(printable(name))\": is neither") == true)
  }

  @Test func `a client that verifies names needs one`() throws {
    let context = try TLSContext(.testClient)
    let error = #expect(throws: TLSError.self) { try context.makeSession(serverName: nil) }
    #expect(
      error?.message
        == "TLS configuration: server name: there is none to verify the server's certificate against")
  }

  @Test func `a DNS name is sent to the server, an address is not`() throws {
    #expect(try hello(serverName: "localhost.").contains("localhost"))
    #expect(try !hello(serverName: "localhost.").contains("localhost."))
    #expect(try !hello(serverName: "127.0.0.1").contains("127.0.0.1"))
    #expect(try hello(serverName: "127.0.0.1").contains("h2"))
  }

  @Test func `many threads create sessions of one context concurrently`() async throws {
    let server = try TLSContext(.testServer)
    let client = try TLSContext(.testClient)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<32 {
        group.addTask { @concurrent in
          guard let clientSession = try? client.makeSession(serverName: "localhost"),
            let serverSession = try? server.makeSession()
          else { return false }
          let pair = SessionPair(client: End(clientSession), server: End(serverSession))
          pair.shakeHands()
          return pair.client.session.state == .open && pair.server.session.state == .open
        }
      }
      for await isOpen in group { #expect(isOpen) }
    }
  }

  private func contextError(_ configuration: TLSConfiguration) -> TLSError? {
    #expect(throws: TLSError.self) { try TLSContext(configuration) }
  }

  private func hello(serverName: String) throws -> String {
    let end = End(try TLSContext(.testClient).makeSession(serverName: serverName))
    end.start()
    return String(decoding: end.takeOutput().readableBytesView, as: Unicode.ASCII.self)
  }
}
