// Which version of HTTP a channel speaks, in plaintext and over TLS.
import EchoStubs
import Freshet
import FreshetCore
import FreshetHTTP1
import FreshetServer
import FreshetTransport
import FreshetWeb
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct HTTPVersionTests {
  private let authority = TestAuthority(commonName: "test authority")

  private var serverTLS: TLSConfiguration {
    let certificate = authority.issue(commonName: "server", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"])
    return .server(
      identity: TLSIdentity(
        certificateChain: .bytes(certificate.certificatePEM), privateKey: .bytes(certificate.privateKeyPEM)))
  }

  private var clientTLS: TLSConfiguration { .client(trustRoots: .certificates([.bytes(authority.certificatePEM)])) }

  /// How many connections two concurrent calls take.
  private func connectionCount(
    _ callProtocol: CallProtocol, _ http: ChannelHTTPVersion, isTLS: Bool, carriers: [Carrier]? = nil
  ) async throws -> Int {
    let service = WordService()
    var configuration = ServerConfiguration()
    if let carriers { configuration.carriers = { _ in carriers } }
    return try await withWordServer(
      service, tls: isTLS ? serverTLS : nil, configuration: configuration, keepsCarriers: carriers != nil
    ) { address in
      let channel = RPCChannel(
        address.target, protocol: callProtocol, http: http, tls: isTLS ? clientTLS : nil)
      return try await withChannel(channel) { channel in
        let calls = (0..<2).map { _ in Task { try await channel.unary(Words.put, Word("hang")) } }
        var peers: Set<String> = []
        for _ in calls { peers.insert(try await service.calls.next("a call").peer) }
        for call in calls { call.cancel() }
        for call in calls { _ = await call.result }
        return peers.count
      }
    }
  }

  @Test(arguments: CallProtocol.all) func `automatic is HTTP/2 where the server has it`(
    _ callProtocol: CallProtocol
  )
    async throws
  {
    #expect(try await connectionCount(callProtocol, .automatic, isTLS: false) == 1)
    #expect(try await connectionCount(callProtocol, .automatic, isTLS: true) == 1)
    #expect(try await connectionCount(callProtocol, .http2, isTLS: true) == 1)
  }

  @Test(arguments: CallProtocol.all.filter { $0 != .grpc }) func `HTTP/1.1 is spoken when asked for, or agreed on`(
    _ callProtocol: CallProtocol
  ) async throws {
    #expect(try await connectionCount(callProtocol, .http1, isTLS: false) == 2)
    #expect(try await connectionCount(callProtocol, .http1, isTLS: true) == 2)
    let carriers: [Carrier] = [.http1(isTLS: true, settings: HTTP1Settings())]
    #expect(try await connectionCount(callProtocol, .automatic, isTLS: true, carriers: carriers) == 2)
  }

  @Test func `gRPC over HTTP/1.1, and settings out of range, are refused`() async throws {
    let grpc = RPCChannel("localhost:1", protocol: .grpc, http: .http1)
    let error = await failure { try await grpc.unary(Words.put, Word()) }
    #expect(error.code == .failedPrecondition && error.message.contains("gRPC needs HTTP/2"))
    let none = ChannelConfiguration { $0.web = WebChannelConfiguration { $0.http1.maxConnections = 0 } }
    let refused = await failure { try await RPCChannel("localhost:1", configuration: none).unary(Words.put, Word()) }
    #expect(refused.code == .failedPrecondition && refused.message.contains("maxConnections"))
  }
}
