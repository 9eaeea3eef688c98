// A client's and a server's session connected in memory, and the certificates shared by the tests.
import FreshetTLS
import NIOCore
import TestSupport

/// Certificates made once for all tests.
enum Certificates {
  static let authority = TestAuthority(commonName: "Test Root")
  static let stranger = TestAuthority(commonName: "Stranger Root")
  static let server = authority.issue(
    commonName: "server", dnsNames: ["localhost", "*.example.com"], ipAddresses: ["127.0.0.1", "::1"])
  static let client = authority.issue(commonName: "client", usage: .client)
}

extension TestCertificate {
  var identity: TLSIdentity {
    TLSIdentity(certificateChain: .bytes(certificatePEM), privateKey: .bytes(privateKeyPEM))
  }
}

extension TLSTrustRoots {
  static func authority(_ authority: TestAuthority) -> TLSTrustRoots {
    .certificates([.bytes(authority.certificatePEM)])
  }
}

extension TLSConfiguration {
  static var testServer: TLSConfiguration { .server(identity: Certificates.server.identity) }
  static var testClient: TLSConfiguration { .client(trustRoots: .authority(Certificates.authority)) }

  func versions(_ minimum: TLSVersion, _ maximum: TLSVersion?) -> TLSConfiguration {
    var copy = self
    copy.minimumVersion = minimum
    copy.maximumVersion = maximum
    return copy
  }
}

/// One session with its received data and its error.
final class End {
  let session: TLSSession
  var plaintext = ByteBuffer()
  var error: TLSError?
  /// All bytes this end has sent, for tests that look at the wire.
  var sent = ByteBuffer()

  init(_ session: TLSSession) {
    self.session = session
  }

  func start() {
    do { try session.start() } catch { self.error = error }
  }

  func receive(_ bytes: ByteBuffer) {
    var bytes = bytes
    do { try session.receive(&bytes, into: &plaintext) } catch { self.error = self.error ?? error }
    precondition(bytes.readableBytes == 0, "receive must consume everything")
  }

  func takeOutput() -> ByteBuffer {
    var output = ByteBuffer()
    session.takeOutput(into: &output)
    sent.writeImmutableBuffer(output)
    return output
  }

  var received: [UInt8] { Array(plaintext.readableBytesView) }
}

/// Two ends and the bytes between them.
struct SessionPair {
  let client: End
  let server: End
  /// How many bytes are delivered at a time; nil for all available.
  var chunkBytes: Int?

  init(
    client: TLSConfiguration = .testClient, server: TLSConfiguration = .testServer,
    serverName: String? = "localhost", chunkBytes: Int? = nil
  ) throws {
    self.client = End(try TLSContext(client).makeSession(serverName: serverName))
    self.server = End(try TLSContext(server).makeSession())
    self.chunkBytes = chunkBytes
  }

  init(client: End, server: End) {
    self.client = client
    self.server = server
  }

  /// Starts the client and exchanges bytes until neither end has output.
  func shakeHands() {
    client.start()
    pump()
  }

  func pump() {
    while client.session.hasOutput || server.session.hasOutput {
      deliver(client.takeOutput(), to: server)
      deliver(server.takeOutput(), to: client)
    }
  }

  private func deliver(_ bytes: ByteBuffer, to end: End) {
    var bytes = bytes
    while bytes.readableBytes > 0 {
      let count = min(chunkBytes ?? bytes.readableBytes, bytes.readableBytes)
      guard let piece = bytes.readSlice(length: count) else { return }
      end.receive(piece)
    }
  }
}

extension TLSSession {
  func seal(_ bytes: [UInt8]) throws {
    let result = bytes.withUnsafeBytes { bytes in Result { () throws(TLSError) in try seal(bytes) } }
    try result.get()
  }
}
