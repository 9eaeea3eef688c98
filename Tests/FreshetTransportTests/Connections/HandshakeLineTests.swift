// TLS handshakes are processed one after another, so that other connections' calls do not wait for them.
import COpenSSL
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import FreshetTLS
@testable import FreshetTransport

@Suite struct HandshakeLineTests {
  private static let authority = TestAuthority(commonName: "line")
  private static let certificate = authority.issue(dnsNames: ["localhost"])

  /// A server's connection with TLS, and a client that consists of a TLS session.
  private final class Secured {
    let owner = RecordingOwner()
    let channel: EmbeddedChannel
    let client: TLSSession
    private var plaintext = ByteBuffer()

    init(on loop: EmbeddedEventLoop) throws {
      channel = EmbeddedChannel(handlers: [], loop: loop)
      let identity = TLSIdentity(
        certificateChain: .bytes(certificate.certificatePEM), privateKey: .bytes(certificate.privateKeyPEM))
      let server = try TLSContext(.server(identity: identity))
      let roots = TLSTrustRoots.certificates([.bytes(authority.certificatePEM)])
      client = try TLSContext(.client(trustRoots: roots)).makeSession(serverName: "localhost")
      try ChannelSetup.serve(
        on: channel, tls: server, carriers: [.http2], configuration: ConnectionConfiguration(), delegate: owner)
      try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
      try client.start()
    }

    /// Passes the client's output to the server.
    func send(piecesOf count: Int = .max) throws {
      var bytes = ByteBuffer()
      client.takeOutput(into: &bytes)
      while let piece = bytes.readSlice(length: min(count, bytes.readableBytes)), piece.readableBytes > 0 {
        _ = try channel.writeInbound(piece)
      }
    }

    /// Passes the server's output to the client.
    /// - Returns: the number of bytes.
    @discardableResult func take() throws -> Int {
      var count = 0
      while var bytes = try channel.readOutbound(as: ByteBuffer.self) {
        count += bytes.readableBytes
        if bytes.readableBytes > 0 { try client.receive(&bytes, into: &plaintext) }
      }
      return count
    }

    func keyUpdates(_ count: Int) {
      for _ in 0..<count {
        SSL_key_update(client.handle, SSL_KEY_UPDATE_NOT_REQUESTED)
        SSL_do_handshake(client.handle)
      }
    }
  }

  /// Serves one handshake per turn while it is held.
  private func slowExecutor(of loop: EmbeddedEventLoop) -> LoopExecutor {
    let executor = LoopExecutor.of(loop)
    executor.state.handshakeTime = .zero
    return executor
  }

  private func nextTurn(_ loop: EmbeddedEventLoop) { loop.advanceTime(by: .microseconds(100)) }

  private func shakeHands(_ end: Secured, _ loop: EmbeddedEventLoop) throws {
    for _ in 0..<4 {
      try end.send()
      loop.run()
      nextTurn(loop)
      try end.take()
    }
    #expect(end.client.state == .open)
  }

  @Test func `a turn processes one handshake, and the others keep their places`() throws {
    let loop = EmbeddedEventLoop(), executor = slowExecutor(of: loop)
    let ends = try (0..<5).map { _ in try Secured(on: loop) }
    loop.run()
    for end in ends { try end.send() }
    loop.run()
    for served in 1...5 {
      #expect(try ends.map { try $0.take() > 0 }.count { $0 } == 1)
      #expect(ends[served - 1].client.state == .open)
      nextTurn(loop)
    }
    for end in ends { try shakeHands(end, loop) }
    withExtendedLifetime(executor) {}
  }

  @Test func `calls of other connections are served while handshakes wait`() throws {
    let loop = EmbeddedEventLoop(), executor = slowExecutor(of: loop)
    let neighbour = RecordingOwner(), channel = EmbeddedChannel(handlers: [], loop: loop)
    try ChannelSetup.serve(
      on: channel, tls: nil, carriers: [.http2], configuration: ConnectionConfiguration(), delegate: neighbour)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
    _ = try channel.writeInbound(ByteBuffer(bytes: Frame.preface + Frame.settings().bytes + Frame.settingsAck.bytes))
    let ends = try (0..<5).map { _ in try Secured(on: loop) }
    loop.run()
    while try channel.readOutbound(as: ByteBuffer.self) != nil {}
    for end in ends { try end.send() }
    _ = try channel.writeInbound(ByteBuffer(bytes: Frame.ping(1).bytes))
    loop.run()
    #expect(try channel.readOutbound(as: ByteBuffer.self) != nil)
    #expect(try ends.map { try $0.take() > 0 }.count { $0 } == 1)
    withExtendedLifetime(executor) {}
  }

  @Test(arguments: [1, 50])
  func `a handshake that arrives in pieces is queued as one`(bytes: Int) throws {
    let loop = EmbeddedEventLoop(), executor = slowExecutor(of: loop)
    let first = try Secured(on: loop), end = try Secured(on: loop)
    loop.run()
    try first.send()
    try end.send(piecesOf: bytes)
    loop.run()
    #expect(try end.take() == 0)
    nextTurn(loop)
    #expect(try end.take() > 0)
    try shakeHands(end, loop)
    withExtendedLifetime(executor) {}
  }

  @Test func `a client that leaves before a reply costs no handshake`() throws {
    let loop = EmbeddedEventLoop(), executor = slowExecutor(of: loop)
    let end = try Secured(on: loop)
    loop.run()
    try end.send()
    _ = try end.channel.finish(acceptAlreadyClosed: true)
    loop.run()
    #expect(end.owner.closeError != nil)
    #expect(try end.take() == 0)
    withExtendedLifetime(executor) {}
  }

  @Test func `plaintext is refused at once`() throws {
    let loop = EmbeddedEventLoop(), executor = slowExecutor(of: loop)
    let waiting = try Secured(on: loop), end = try Secured(on: loop)
    loop.run()
    try waiting.send()
    _ = try end.channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
    #expect(end.owner.closeError?.message.contains("an HTTP request in plaintext") == true)
    withExtendedLifetime(executor) {}
  }

  @Test func `key updates are charged, even those that request no reply`() throws {
    let loop = EmbeddedEventLoop(), executor = slowExecutor(of: loop)
    let end = try Secured(on: loop)
    loop.run()
    try shakeHands(end, loop)
    end.keyUpdates(1000)
    try end.send()
    loop.run()
    #expect(end.owner.connection?.burdens[.keyUpdates] == 1000)
    #expect(end.owner.connection?.state.phase.isReceiving == true)
    end.keyUpdates(1)
    try end.send()
    loop.run()
    let error = try #require(end.owner.closeError)
    #expect(error.message.contains("floods.frameBurst") && error.message.contains("keyUpdates"), "\(error)")
    withExtendedLifetime(executor) {}
  }
}
