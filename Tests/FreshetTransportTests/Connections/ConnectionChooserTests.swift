// A port with two protocols: HTTP/2, and an echo protocol instead of HTTP/1.1.
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import FreshetTLS
@testable import FreshetTransport

/// Writes what it reads. Becomes ready with the first byte.
private final class EchoConnection: TransportConnection {
  private var output = ByteBuffer()

  override func receive(_ bytes: UnsafeRawBufferPointer) throws { output.writeBytes(bytes) }
  override func makeOutput(into buffer: inout ByteBuffer, limitBytes: Int) throws -> Bool {
    buffer.writeBuffer(&output)
    return true
  }
  override func drainAndClose() { close(TransportError(.closedByUs, "drained")) }
}

extension Carrier {
  fileprivate static let echo = Carrier(.http1) { parts in
    EchoConnection(
      executor: parts.executor, records: parts.records, configuration: parts.configuration, delegate: parts.delegate)
  }
}

@Suite struct ConnectionChooserTests {
  private static let carriers = [Carrier.http2, .echo]

  private func plainEnd(_ configuration: ConnectionConfiguration = ConnectionConfiguration()) throws -> EmbeddedEnd {
    try EmbeddedEnd(.server, configuration, carriers: Self.carriers)
  }

  private func written(by end: EmbeddedEnd) throws -> [UInt8] {
    end.channel.embeddedEventLoop.run()
    var all: [UInt8] = []
    while let bytes = try end.channel.readOutbound(as: ByteBuffer.self) { all += bytes.readableBytesView }
    return all
  }

  // MARK: In plaintext

  @Test(arguments: [1, 2, 3, 5, 23, 24, 100])
  func `W2: HTTP/2 is served however its preface is cut`(piece: Int) throws {
    let end = try plainEnd()
    #expect(try written(by: end).isEmpty)  // nothing is sent before the protocol is known
    var rest = (Frame.preface + Frame.settings().bytes + Frame.settingsAck.bytes)[...]
    while !rest.isEmpty {
      end.receive(bytes: Array(rest.prefix(piece)))
      rest = rest.dropFirst(piece)
    }
    #expect(end.owner.events == ["opened", "opened", "ready"])
    #expect(end.frames().first?.kind == .settings)
    end.receive(.headers(1, grpcRequest("/s/m")))
    #expect(end.owner.calls.count == 1)
  }

  @Test(
    arguments: [1, 2, 3, 7, 100], ["GET / HTTP/1.1\r\n\r\n", "POST /s/m HTTP/1.1\r\n\r\n", "PROPFIND", "P*", "PRx"])
  func `W2: the other protocol gets every byte, however its request is cut`(piece: Int, request: String) throws {
    let end = try plainEnd()
    var rest = Array(request.utf8)[...]
    while !rest.isEmpty {
      end.receive(bytes: Array(rest.prefix(piece)))
      rest = rest.dropFirst(piece)
    }
    #expect(String(decoding: try written(by: end), as: UTF8.self) == request)
    end.receive(bytes: Array("PRI".utf8))  // the choice is final
    #expect(String(decoding: try written(by: end), as: UTF8.self) == "PRI")
    #expect(end.owner.connection is EchoConnection)
  }

  @Test func `W2: a TLS client at a port without TLS is recognised and closed`() throws {
    let end = try plainEnd()
    end.receive(bytes: [0x16, 0x03, 0x01])
    #expect(end.owner.events == ["opened", "closed"])
    #expect(end.owner.closeError?.message == "the peer speaks TLS, and the port does not")
    #expect(!end.channel.isActive)
  }

  @Test(arguments: ["", "P", "PR"])
  func `W2: a client whose protocol is unknown after headerTimeout is closed`(start: String) throws {
    let end = try plainEnd()
    if !start.isEmpty { end.receive(bytes: Array(start.utf8)) }
    end.advance(.milliseconds(9_999))
    #expect(end.owner.events == ["opened"])
    end.advance(.milliseconds(1))
    #expect(end.owner.events == ["opened", "closed"])
    #expect(end.owner.closeError?.message == "no first bytes came within 10.0 seconds (headerTimeout)")
    #expect(!end.channel.isActive)
  }

  @Test func `the chosen connection has its own time for its greeting`() throws {
    let end = try plainEnd()
    end.advance(.seconds(9))
    end.receive(bytes: Frame.preface)
    end.advance(.seconds(19))
    #expect(end.owner.events == ["opened", "opened"])
    end.advance(.seconds(1))
    #expect(end.owner.closeError?.message == "no HTTP/2 SETTINGS came within 20.0 seconds (handshakeTimeout)")
  }

  @Test(arguments: ["", "P", "PR"])
  func `a client that leaves before its protocol is known is removed`(start: String) throws {
    let end = try plainEnd()
    if !start.isEmpty { end.receive(bytes: Array(start.utf8)) }
    try end.channel.close().wait()
    #expect(end.owner.events == ["opened", "closed"])
  }

  @Test func `a drain does not wait for silent clients`() throws {
    let end = try plainEnd()
    end.owner.connection?.drainAndClose()
    #expect(end.owner.events == ["opened", "closed"])
    #expect(!end.channel.isActive)
  }

  @Test func `the end of the chosen connection is reported once`() throws {
    for first in [Frame.preface, Array("GET".utf8)] {
      let end = try plainEnd()
      end.receive(bytes: first)
      try end.channel.close().wait()
      #expect(end.owner.events == ["opened", "opened", "closed"])
    }
  }

  @Test func `an unsupported protocol is closed with its name`() throws {
    let end = try EmbeddedEnd(
      .server, carriers: [.http2, Carrier(.http2) { _ in throw TransportError(.http2, "not reached") }])
    end.receive(bytes: Array("GET".utf8))
    #expect(end.owner.closeError?.message.hasSuffix("speaks http/1.1, which is not served here") == true)
  }

  @Test func `a port with one protocol has no chooser`() throws {
    let end = try EmbeddedEnd(.server)
    #expect(end.owner.connection is HTTP2Connection)
    #expect(end.frames().first?.kind == .settings)
  }

  // MARK: In TLS

  private static let authority = TestAuthority(commonName: "chooser")
  private static let certificate = authority.issue(dnsNames: ["localhost"])

  /// A server with both protocols, and a client that consists of a TLS session.
  private final class Secured {
    let owner = RecordingOwner()
    let channel = EmbeddedChannel()
    let client: TLSSession
    private var plaintext = ByteBuffer()
    private(set) var clientError: (any Error)?

    init(offering protocols: [ApplicationProtocol]) throws {
      let identity = TLSIdentity(
        certificateChain: .bytes(certificate.certificatePEM), privateKey: .bytes(certificate.privateKeyPEM))
      let server = try TLSContext(.server(identity: identity), protocols: [.http2, .http1])
      let roots = TLSTrustRoots.certificates([.bytes(authority.certificatePEM)])
      client = try TLSContext(.client(trustRoots: roots), protocols: protocols).makeSession(serverName: "localhost")
      try ChannelSetup.serve(
        on: channel, tls: server, carriers: carriers, configuration: ConnectionConfiguration(), delegate: owner)
      try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
      try client.start()
    }

    /// Runs until neither side has output.
    func exchange() throws {
      for _ in 0..<8 {
        var bytes = ByteBuffer()
        client.takeOutput(into: &bytes)
        if bytes.readableBytes > 0 { _ = try channel.writeInbound(bytes) }
        channel.embeddedEventLoop.run()
        channel.embeddedEventLoop.advanceTime(by: .microseconds(100))
        while var bytes = try channel.readOutbound(as: ByteBuffer.self) {
          do {
            if bytes.readableBytes > 0 { try client.receive(&bytes, into: &plaintext) }
          } catch {
            clientError = error
          }
        }
      }
    }

    func say(_ bytes: [UInt8]) throws {
      try ByteBuffer(bytes: bytes).withUnsafeReadableBytes { try client.seal($0) }
      try exchange()
    }

    func heard() -> [UInt8] { plaintext.readBytes(length: plaintext.readableBytes) ?? [] }
  }

  @Test(arguments: [[ApplicationProtocol.http2], [.http2, .http1], [.http1, .http2]])
  func `W1: HTTP/2 is chosen where it is offered, and speaks first`(offered: [ApplicationProtocol]) throws {
    let end = try Secured(offering: offered)
    try end.exchange()
    #expect(end.owner.connection is HTTP2Connection)
    #expect(end.heard().dropFirst(3).first == 4)  // the type of a SETTINGS frame
    try end.say(Frame.preface + Frame.settings().bytes)
    #expect(end.owner.events == ["opened", "opened", "ready"])
  }

  @Test func `W1: a client that only offers HTTP/1.1 gets it`() throws {
    let end = try Secured(offering: [.http1])
    try end.exchange()
    try end.say(Array("GET / HTTP/1.1\r\n".utf8))
    #expect(end.heard() == Array("GET / HTTP/1.1\r\n".utf8))
    #expect(end.owner.connection is EchoConnection)
  }

  @Test func `W1: ALPN's choice is binding, whatever the first bytes are`() throws {
    let first = try Secured(offering: [.http1])
    try first.exchange()
    try first.say(Frame.preface)
    #expect(first.heard() == Frame.preface)
    let second = try Secured(offering: [.http2])
    try second.exchange()
    try second.say(Array("GET / HTTP/1.1\r\n\r\n".utf8))
    #expect(second.owner.events.dropFirst(2).first?.contains("HTTP/1") == true, "\(second.owner.events)")
    #expect(second.heard().isEmpty == false)  // SETTINGS, and GOAWAY
  }

  @Test func `bytes that arrive with the end of the handshake are passed on`() throws {
    let end = try Secured(offering: [.http1])
    var hello = ByteBuffer(), answer = ByteBuffer(), plaintext = ByteBuffer()
    end.client.takeOutput(into: &hello)
    _ = try end.channel.writeInbound(hello)
    end.channel.embeddedEventLoop.run()
    while var part = try end.channel.readOutbound(as: ByteBuffer.self) { answer.writeBuffer(&part) }
    try end.client.receive(&answer, into: &plaintext)
    // After the client's Finished, in the same read.
    try ByteBuffer(string: "hello").withUnsafeReadableBytes { try end.client.seal($0) }
    try end.exchange()
    #expect(end.heard() == Array("hello".utf8))
  }

  @Test func `a client that leaves during the handshake is removed`() throws {
    let end = try Secured(offering: [.http1])
    var hello = ByteBuffer()
    end.client.takeOutput(into: &hello)
    _ = try end.channel.writeInbound(hello.getSlice(at: 0, length: 40) ?? ByteBuffer())
    try end.channel.close().wait()
    end.channel.embeddedEventLoop.run()
    #expect(end.owner.events == ["opened", "closed"])
  }

  @Test func `a client that does not finish the handshake in time is closed`() throws {
    let end = try Secured(offering: [.http2])
    end.channel.embeddedEventLoop.advanceTime(by: .seconds(20))
    #expect(end.owner.closeError?.message == "no TLS handshake came within 20.0 seconds (handshakeTimeout)")
  }
}
