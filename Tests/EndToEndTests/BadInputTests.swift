// Faulty peers, files and addresses; the server continues to serve each time.
@testable import FreshetClient
import Freshet
import struct NIOCore.ByteBuffer
import TestSupport
import Testing

@Suite struct BadInputTests {
  private let service = BytesService(
    unary: { request, _ in request },
    clientStreaming: { requests, _ in
      for try await _ in requests {}
      return ByteBuffer()
    })

  // MARK: Certificates

  @Test func `a wrong host name is named with the names that the certificate has`() async throws {
    let authority = TestAuthority(commonName: "test CA")
    let identity = authority.serverIdentity(dnsNames: ["other.example"], ipAddresses: [])
    try await expectTLSFailure(identity, trusting: authority, "127.0.0.1", "other.example")
  }

  @Test func `an untrusted certificate is refused by the client`() async throws {
    let identity = TestAuthority(commonName: "somebody's CA").serverIdentity()
    try await expectTLSFailure(identity, trusting: TestAuthority(commonName: "test CA"), "certificate", "CA")
  }

  @Test func `an expired certificate is refused by the client`() async throws {
    let authority = TestAuthority(commonName: "test CA")
    try await expectTLSFailure(authority.serverIdentity(days: -30 ... -10), trusting: authority, "expired", "")
  }

  private func expectTLSFailure(
    _ identity: TLSIdentity, trusting authority: TestAuthority, _ texts: String...
  ) async throws {
    let log = RecordedLog()
    try await withServer([service], tls: .server(identity: identity), configuration: logged(log)) { address in
      let tls = TLSConfiguration.client(trustRoots: .certificates([.bytes(authority.certificatePEM)]))
      try await withChannel(RPCChannel(address.target, tls: tls)) { channel in
        let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
        #expect(error.code == .unavailable && error.cause is TransportError)
        for text in texts where !text.isEmpty { #expect(error.message.contains(text), "\(error.message)") }
      }
      // “connection given up”, or “connection closed” where the client's end is seen before its alert.
      try await log.line(containing: "connection ")
      let trusting = TLSConfiguration.client(trustRoots: .system, verification: .none)
      try await expectServing(RPCChannel(address.target, tls: trusting))
    }
  }

  @Test func `a client certificate can be required`() async throws {
    let authority = TestAuthority(commonName: "test CA")
    let roots = TLSTrustRoots.certificates([.bytes(authority.certificatePEM)])
    let tls = TLSConfiguration.server(identity: authority.serverIdentity(), clientCertificates: .require(roots))
    try await withServer([service], tls: tls) { address in
      try await withChannel(RPCChannel(address.target, tls: .client(trustRoots: roots))) { channel in
        let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
        #expect(error.code == .unavailable && error.message.contains("certificate"), "\(error.message)")
      }
      let certificate = authority.issue(commonName: "client", usage: .client)
      let identity = TLSIdentity(
        certificateChain: .bytes(certificate.certificatePEM), privateKey: .bytes(certificate.privateKeyPEM))
      try await expectServing(RPCChannel(address.target, tls: .client(trustRoots: roots, identity: identity)))
    }
  }

  @Test func `a missing certificate file is named`() async throws {
    let identity = TLSIdentity(certificateChain: .file("/nowhere/cert.pem"), privateKey: .file("/nowhere/key.pem"))
    await #expect { try await withServer([service], tls: .server(identity: identity)) { _ in } } throws: { error in
      "\(error)".contains("/nowhere/cert.pem")
    }
  }

  // MARK: Other protocols

  @Test func `a plaintext client at a TLS port is closed and logged`() async throws {
    let log = RecordedLog()
    let authority = TestAuthority(commonName: "test CA")
    let tls = TLSConfiguration.server(identity: authority.serverIdentity())
    try await withServer([service], tls: tls, configuration: logged(log)) { address in
      try await withChannel(RPCChannel(address.target)) { channel in
        let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
        #expect(error.code == .unavailable, "\(error)")
      }
      let line = try await log.line(containing: "connection given up")
      #expect(line.contains("HTTP/2"))
      let roots = TLSTrustRoots.certificates([.bytes(authority.certificatePEM)])
      try await expectServing(RPCChannel(address.target, tls: .client(trustRoots: roots)))
    }
  }

  @Test func `a TLS client at a plaintext port is closed and logged`() async throws {
    let log = RecordedLog()
    try await withServer([service], configuration: logged(log)) { address in
      try await withChannel(RPCChannel(address.target, tls: .client())) { channel in
        let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
        #expect(error.code == .unavailable, "\(error)")
      }
      let line = try await log.line(containing: "connection given up")
      #expect(line.contains("TLS handshake on a plaintext port"))
      try await expectServing(RPCChannel(address.target))
    }
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET / HTTP/1.1"),
    ("POST /test.Bytes/Unary HTTP/1.1\r\ncontent-type: application/grpc\r\n\r\n", "HTTP/1 request"),
    ("\u{1}\u{2}\u{3} garbage, and enough of it to be no preface", "01 02 03"),
  ])
  func whatIsNotHTTP2IsClosedAndLogged(_ bytes: String, _ text: String) async throws {
    let log = RecordedLog()
    try await withServer([service], configuration: logged(log)) { address in
      let socket = RawSocket(port: address.port)
      socket.send(bytes.utf8)
      #expect(socket.readToEnd() != nil, "the server did not close the connection")
      let line = try await log.line(containing: "connection given up")
      #expect(line.contains(text))
      try await expectServing(RPCChannel(address.target))
    }
  }

  @Test func `random bytes after the preface only end their connection`() async throws {
    var generator = SeededRandom.forTest("random bytes behind the preface")
    try await withServer([service]) { address in
      for _ in 0..<50 {
        let socket = RawSocket(port: address.port)
        socket.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        socket.send((0..<500).map { _ in UInt8.random(in: 0...255, using: &generator) })
        socket.finish()
        #expect(socket.readToEnd() != nil, "not closed; seed \(generator.seed)")
      }
      try await expectServing(RPCChannel(address.target))
    }
  }

  // MARK: Messages

  @Test func `S7: a stream that ends inside a message is internal`() async throws {
    try await withServerAndChannel(service) { channel in
      for method in [BytesService.unary, BytesService.clientStreaming] {
        let half = ByteBuffer(bytes: [0, 0, 0, 0, 10, 1, 2, 3])
        let error = await rpcError { try await channel.sendRaw(method, half) }
        #expect(error.code == .internal && error.message.contains("3 of 10 bytes"), "\(error)")
      }
      try await expectAnswer(channel)
    }
  }

  @Test func `S13: none or two requests where one is expected are UNIMPLEMENTED`() async throws {
    try await withServerAndChannel(service) { channel in
      let none = await rpcError { try await channel.sendRaw(BytesService.unary, ByteBuffer()) }
      #expect(none.code == .unimplemented && none.message.contains("no request"))
      let two = await rpcError {
        try await channel.sendRaw(BytesService.unary, ByteBuffer(bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
      }
      #expect(two.code == .unimplemented && two.message.contains("more than one"))
      try await expectAnswer(channel)
    }
  }

  @Test func `S5: a compressed flag without encoding is internal`() async throws {
    try await withServerAndChannel(service) { channel in
      let error = await rpcError {
        try await channel.sendRaw(BytesService.unary, ByteBuffer(bytes: [1, 0, 0, 0, 1, 7]))
      }
      #expect(error.code == .internal && error.message.contains("compressed"))
      try await expectAnswer(channel)
    }
  }

  // MARK: Addresses

  @Test func `a port in use is named`() async throws {
    try await withServer([service]) { address in
      await #expect {
        try await withServer([service], on: .tcp(host: "127.0.0.1", port: address.port)) { _ in }
      } throws: { error in
        "\(error)".contains("127.0.0.1:\(address.port)") && "\(error)".contains("in use")
      }
      try await expectServing(RPCChannel(address.target))
    }
  }

  @Test func `a name that does not resolve is UNAVAILABLE and named`() async throws {
    try await withChannel(RPCChannel("dns:///no-such-host.invalid:50051")) { channel in
      let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(error.code == .unavailable && error.message.contains("no-such-host.invalid"), "\(error)")
    }
  }

  @Test func `a refused connection is UNAVAILABLE and names the address`() async throws {
    let port = try await withServer([service]) { $0.port }
    try await withChannel(RPCChannel("dns:///localhost:\(port)")) { channel in
      let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(
        error.code == .unavailable && error.message.contains("\(port)") && error.message.contains("refused"), "\(error)"
      )
    }
  }

  // MARK: Unusable settings

  private static let unusable: [(String, TLSConfiguration?, ChannelConfiguration, String)] = {
    var unready = ChannelConfiguration(), mute = ChannelConfiguration(), odd = ChannelConfiguration()
    unready.connectTimeout = .zero
    mute.maxReceiveMessageBytes = -1
    odd.authority = "a b"
    let noFile = TLSConfiguration.client(trustRoots: .certificates([.file("/nowhere/roots.pem")]))
    return [
      ("gopher://example:70", nil, .init(), "gopher"), ("", nil, .init(), "“”"),
      ("dns:///localhost:65536", nil, .init(), "65536"),
      ("localhost:1", noFile, .init(), "/nowhere/roots.pem"), ("localhost:1", nil, unready, "connectTimeout"),
      ("localhost:1", nil, mute, "maxReceiveMessageBytes"), ("localhost:1", nil, odd, "authority"),
    ]
  }()

  @Test(arguments: unusable.indices)
  func aChannelThatCanNeverConnectSaysSoInsteadOfUnavailable(_ index: Int) async throws {
    let (target, tls, configuration, text) = Self.unusable[index]
    let atOnce = #expect(throws: RPCError.self) {
      try RPCChannel(validating: target, tls: tls, configuration: configuration)
    }
    #expect(
      atOnce?.code == .failedPrecondition && atOnce?.message.contains(text) == true, "\(String(describing: atOnce))")
    try await withChannel(RPCChannel(target, tls: tls, configuration: configuration)) { channel in
      for waits in [false, true] {
        let error = await rpcError {
          try await channel.unary(BytesService.unary, ByteBuffer(), options: CallOptions(waitForReady: waits))
        }
        #expect(error.code == .failedPrecondition && error.message.contains(text), "\(error)")
      }
    }
  }

  @Test func `a channel that can connect is valid before it does`() throws {
    _ = try RPCChannel(validating: "dns:///no-such-host.invalid:50051", tls: .client())
  }

  @Test(arguments: [-1, 65_536, 80_000, .max, .min])
  func aPortThatIsNoneIsRefused(_ port: Int) async {
    let error = await #expect(throws: TransportError.self) {
      try await Server(services: [service]).run(on: .tcp(host: "127.0.0.1", port: port))
    }
    #expect(error?.isInvalidSetting == true && error?.message.contains("\(port)") == true)
  }

  private static let badSettings: [(String, @Sendable (inout ServerConfiguration) -> Void)] = [
    ("drainTimeout", { $0.drainTimeout = .seconds(-1) }),
    ("maxReceiveMessageBytes", { $0.maxReceiveMessageBytes = -1 }),
    ("minimumCompressedBytes", { $0.minimumCompressedBytes = -1 }),
    ("idleTimeout", { $0.connection.idleTimeout = .zero }),
  ]

  @Test(arguments: badSettings.indices)
  func aServerSaysWhichOfItsSettingsIsOutOfRange(_ index: Int) async {
    let (name, change) = Self.badSettings[index]
    var configuration = ServerConfiguration()
    change(&configuration)
    let error = await #expect(throws: TransportError.self) {
      try await Server(services: [service], configuration: configuration).run(on: .tcp(host: "127.0.0.1", port: 0))
    }
    #expect(error?.isInvalidSetting == true && error?.message.contains(name) == true, "\(String(describing: error))")
  }

  @Test func `an address in use is named with the system's reason`() async throws {
    try await withServer([service]) { address in
      let error = await #expect(throws: TransportError.self) {
        try await Server(services: [service]).run(on: .tcp(host: "127.0.0.1", port: address.port))
      }
      #expect(error?.message == "cannot listen on 127.0.0.1:\(address.port): Address already in use (errno 98)")
    }
  }

  // MARK: Helpers

  private func logged(_ log: RecordedLog) -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.logger = log.logger
    return configuration
  }

  private func expectServing(_ channel: RPCChannel) async throws {
    try await withChannel(channel) { try await expectAnswer($0) }
  }

  private func expectAnswer(_ channel: RPCChannel) async throws {
    let message = ByteBuffer(string: "still here")
    #expect(try await channel.unary(BytesService.unary, message).message == message)
  }
}

extension TransportError {
  fileprivate var isInvalidSetting: Bool { if case .invalidSetting = kind { true } else { false } }
}

extension RPCChannel {
  /// Sends bytes that need not be a message, then END_STREAM.
  fileprivate func sendRaw(
    _ method: MethodDescriptor<ByteBuffer, ByteBuffer>, _ bytes: ByteBuffer
  ) async throws -> ByteBuffer {
    try await unary(method, framed: bytes, options: CallOptions()).message
  }
}
