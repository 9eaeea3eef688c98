// Peers that do not speak TLS at all.
import NIOCore
import Testing

@testable import FreshetTLS

@Suite struct FirstBytesTests {
  @Test(arguments: [
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", TLSError.PlaintextProtocol.http2Preface),
    ("GET / HTTP/1.1\r\n", .httpRequest), ("POST /a HTTP/1.1\r\n", .httpRequest), ("DELETE /", .httpRequest),
    ("OPTIONS *", .httpRequest), ("CONNECT a:1", .httpRequest), ("HTTP/1.1 400 Bad Request", .httpResponse),
    ("\0\0\u{6}\u{4}\0\0\0\0\0", .http2Settings), ("SSH-2.0-OpenSSH", .unknown), ("\0\0\0\0\0", .unknown),
    ("\u{16}\u{2}\0\0\0", .unknown), ("GETAWAY", .unknown),
    ("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", .proxyHeader), ("\r\n\r\n\0\r\nQUIT\n\u{21}\u{11}\0\u{c}", .proxyHeader),
  ])
  func `plaintext protocols are recognised`(text: String, found: TLSError.PlaintextProtocol) {
    #expect(verdict(text) == .plaintext(found))
  }

  @Test func `a request's query, which may hold a password, is not quoted`() {
    let error = TLSError.plaintext(
      .httpRequest, bytes: Array("GET /a?token=hunter2 HTTP/1.1\r\n".utf8), attempted: "TLS")
    #expect("\(error)".contains("GET /a") && !"\(error)".contains("hunter2"))
  }

  @Test(arguments: ["", "G", "GET ", "\u{16}\u{3}\u{1}\u{2}"])
  func `fewer than five bytes do not decide`(text: String) {
    #expect(verdict(text) == .undecided)
  }

  @Test(arguments: ["\u{16}\u{3}\u{1}\u{2}\0", "\u{15}\u{3}\u{3}\0\u{2}"])
  func `a record of a handshake or an alert is TLS`(text: String) {
    #expect(verdict(text) == .tls)
  }

  @Test(arguments: [1, 100])
  func `a client without TLS is recognised, however its bytes are split`(chunkBytes: Int) throws {
    let end = End(try TLSContext(.testServer).makeSession())
    var bytes = ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    while let piece = bytes.readSlice(length: min(chunkBytes, bytes.readableBytes)), piece.readableBytes > 0 {
      end.receive(piece)
    }
    #expect(end.error?.kind == .plaintextPeer(.http2Preface))
    #expect(
      end.error?.message.hasPrefix(
        "TLS handshake with a client: the peer sent the HTTP/2 preface in plaintext (a client without TLS): \"PRI *")
        == true)
    #expect(end.session.state == .closed)
    var answer = ByteBuffer()
    end.session.takeOutput(into: &answer)
    #expect(Array(answer.readableBytesView) == [21, 3, 3, 0, 2, 2, 10], "a fatal alert, unexpected_message")
  }

  @Test func `an HTTP-1 request is quoted up to 32 bytes on one line`() throws {
    let end = End(try TLSContext(.testServer).makeSession())
    end.receive(ByteBuffer(string: "GET /index.html HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    #expect(
      end.error?.message == """
        TLS handshake with a client: the peer sent an HTTP request in plaintext: \
        "GET /index.html HTTP/1.1\\r\\nHost: "
        """)
    #expect(end.session.hasOutput == false)
  }

  @Test func `garbage is quoted so that it is safe in a log`() throws {
    let end = End(try TLSContext(.testServer).makeSession())
    end.receive(ByteBuffer(bytes: [0xFF, 0x00, 0x1B, 0x5B, 0x41, 0x0A]))
    #expect(
      end.error?.message
        == "TLS handshake with a client: the peer sent bytes that are not TLS: \"\\xff\\x00\\x1b[A\\n\"")
  }

  @Test func `a server without TLS is recognised by its SETTINGS`() throws {
    let end = End(try TLSContext(.testClient).makeSession(serverName: "localhost"))
    end.start()
    end.receive(ByteBuffer(bytes: [0, 0, 0, 4, 0, 0, 0, 0, 0]))
    #expect(end.error?.kind == .plaintextPeer(.http2Settings))
    #expect(end.error?.message.contains("server \"localhost\": the peer sent an HTTP/2 SETTINGS frame") == true)
  }

  @Test func `garbage in the form of a record is a violation`() throws {
    let end = End(try TLSContext(.testServer).makeSession())
    end.receive(ByteBuffer(bytes: [22, 3, 1, 0, 4, 99, 99, 99, 99]))
    guard case .protocolViolation = end.error?.kind else {
      Issue.record("\(String(describing: end.error))")
      return
    }
    #expect(end.error?.message.hasPrefix("TLS handshake with a client: the peer broke the protocol: ") == true)
    #expect(end.session.hasOutput)
  }

  private func verdict(_ text: String) -> FirstBytes.Verdict {
    var first = FirstBytes()
    Array(text.utf8).withUnsafeBytes { first.append($0) }
    return first.verdict
  }
}
