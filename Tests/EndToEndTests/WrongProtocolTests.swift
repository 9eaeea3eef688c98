// A client's errors about a server with another protocol: what was attempted, what was received, what to change.
import Foundation
import Freshet
import struct NIOCore.ByteBuffer
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct WrongProtocolTests {
  private let authority = TestAuthority(commonName: "test CA")
  private let service = BytesService(unary: { request, _ in request })
  private var trusting: TLSConfiguration { .client(trustRoots: .certificates([.bytes(authority.certificatePEM)])) }

  private func expectUnavailable(_ target: String, tls: TLSConfiguration?, saying texts: String...) async throws {
    try await withChannel(RPCChannel(target, tls: tls)) { channel in
      let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(error.code == .unavailable)
      for text in texts + ["cannot connect to \(target)"] { #expect(error.message.contains(text), "\(error.message)") }
    }
  }

  @Test func `our server with TLS is recognised by a client without it`() async throws {
    try await withServer([service], tls: .server(identity: authority.serverIdentity())) { address in
      try await expectUnavailable(address.target, tls: nil, saying: "it speaks TLS, and the channel does not")
    }
  }

  @Test func `a client with TLS at a server without sees SETTINGS`() async throws {
    try await withServer([service]) { address in
      try await expectUnavailable(
        address.target, tls: trusting, saying: "an HTTP/2 SETTINGS frame in plaintext",
        "make the channel without `tls:`")
    }
  }

  @Test func `a client without TLS at an OpenSSL server, which just closes, gets a hint`() async throws {
    try await withOpenSSLServer { target in
      try await expectUnavailable(
        target, tls: nil, saying: "before the server sent SETTINGS", "plaintext was spoken",
        "make the channel with `tls:`")
    }
  }

  @Test func `a client with TLS at a server without h2 learns that gRPC needs it`() async throws {
    try await withOpenSSLServer { target in
      try await expectUnavailable(target, tls: trusting, saying: "chose no protocol by ALPN", "gRPC needs HTTP/2")
    }
  }

  @Test func `an HTTP/1.1 server is named, with and without TLS`() async throws {
    let listener = try await BadListener(.speaksHTTP1)
    let target = "ipv4:127.0.0.1:\(listener.port)"
    try await expectUnavailable(target, tls: nil, saying: "it speaks HTTP/1.1, not HTTP/2 (“HTTP/1.1 400 Bad Request”)")
    try await expectUnavailable(target, tls: trusting, saying: "an HTTP response in plaintext", "gRPC needs HTTP/2")
  }

  @Test(arguments: [BadListener.Manner.closesAtOnce, .resets])
  func `a server that silently ends a TLS handshake may not speak TLS`(manner: BadListener.Manner) async throws {
    let listener = try await BadListener(manner)
    try await expectUnavailable(
      "ipv4:127.0.0.1:\(listener.port)", tls: trusting,
      saying: "if the server speaks no TLS, make the channel without `tls:`")
  }

  /// `openssl s_server`, which chooses no protocol by ALPN.
  private func withOpenSSLServer(_ body: (String) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let made = authority.issue(dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"])
    let arguments = [
      "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", try folder.write(made.certificatePEM, to: "cert.pem"),
      "-key", try folder.write(made.privateKeyPEM, to: "key.pem"),
    ]
    let server = try PeerProcess<String>("/usr/bin/env", arguments, decode: { String(decoding: $0, as: UTF8.self) })
    let line = try await server.line("the port", where: { $0.hasPrefix("ACCEPT ") })
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body("ipv4:\(line.dropFirst("ACCEPT ".count))")) } catch {
      outcome = .failure(error)
    }
    server.signal(SIGKILL)
    _ = try await server.exitStatus()
    try outcome.get()
  }
}
