// ALPN: which protocol is agreed on, and peers without any of ours.
import COpenSSL
import NIOCore
import Testing
import TestSupport

@testable import FreshetTLS

@Suite struct ApplicationProtocolsTests {
  @Test func `a client that offers other protocols is refused with no_application_protocol`() throws {
    let (end, alert) = try serve(protocols: [8] + Array("http/1.1".utf8))
    #expect(end.error?.kind == .noCommonProtocol)
    #expect(
      end.error?.message
        == "TLS handshake with a client: the peer does not offer h2 by ALPN, and h2 is required")
    #expect(alert == TLSAlert.noApplicationProtocol.rawValue)
  }

  @Test func `a client that offers nothing is refused with no_application_protocol`() throws {
    let (end, alert) = try serve(protocols: [])
    #expect(end.error?.kind == .noCommonProtocol)
    #expect(
      end.error?.message
        == "TLS handshake with a client: the peer offers no protocol by ALPN, and h2 is required")
    #expect(alert == TLSAlert.noApplicationProtocol.rawValue)
  }

  @Test func `a client that offers h2 among others gets it`() throws {
    let (end, _) = try serve(protocols: [8] + Array("http/1.1".utf8) + [2] + Array("h2".utf8))
    #expect(end.session.state == .open)
    #expect(end.session.applicationProtocol == .http2)
  }

  // MARK: W1: several protocols

  private static let h2: [UInt8] = [2] + Array("h2".utf8), http1: [UInt8] = [8] + Array("http/1.1".utf8)
  private static let spdy: [UInt8] = [6] + Array("spdy/3".utf8)

  @Test(
    arguments: [
      (h2 + http1, .http2), (http1 + h2, .http2), (spdy + http1, .http1), (http1, .http1), (spdy + h2, .http2),
      ([], .http1),
    ] as [([UInt8], ApplicationProtocol)])
  func `a server chooses the first of its own that the client offers, and HTTP/1.1 without ALPN`(
    _ offered: [UInt8], _ expected: ApplicationProtocol
  ) throws {
    let (end, _) = try serve([.http2, .http1], protocols: offered)
    #expect(end.session.state == .open)
    #expect(end.session.applicationProtocol == expected)
  }

  @Test func `a server's order counts`() throws {
    let (end, _) = try serve([.http1, .http2], protocols: Self.h2 + Self.http1)
    #expect(end.session.applicationProtocol == .http1)
  }

  @Test func `the error for a client that offers none of several protocols lists them`() throws {
    let (end, alert) = try serve([.http2, .http1], protocols: Self.spdy)
    #expect(
      end.error?.message.hasSuffix("does not offer h2 or http/1.1 by ALPN, and h2 or http/1.1 is required") == true)
    #expect(alert == TLSAlert.noApplicationProtocol.rawValue)
    #expect(end.session.applicationProtocol == nil)
  }

  @Test(arguments: [[.http2], [.http1], [.http1, .http2]] as [[ApplicationProtocol]])
  func `a client of several accepts the server's choice`(_ spoken: [ApplicationProtocol]) throws {
    let client = End(try TLSContext(.testClient, protocols: [.http2, .http1]).makeSession(serverName: "localhost"))
    let server = End(try TLSContext(.testServer, protocols: spoken).makeSession())
    SessionPair(client: client, server: server).shakeHands()
    #expect(client.session.applicationProtocol == spoken[0])
    #expect(server.session.applicationProtocol == spoken[0])
  }

  @Test func `a client of HTTP/1.1 accepts a server that chooses nothing`() throws {
    let end = End(try TLSContext(.testClient, protocols: [.http2, .http1]).makeSession(serverName: "localhost"))
    end.start()
    pump(ScriptedPeer.server(identity: Certificates.server), end)
    #expect(end.error == nil)
    #expect(end.session.applicationProtocol == .http1)
  }

  // MARK: A client of only h2

  @Test func `a client gives up on a server that chooses no protocol, and sends close_notify`() throws {
    let end = End(try TLSContext(.testClient).makeSession(serverName: "localhost"))
    let peer = ScriptedPeer.server(identity: Certificates.server)
    end.start()
    pump(peer, end)
    #expect(end.error?.kind == .noCommonProtocol)
    #expect(
      end.error?.message
        == "TLS handshake with server \"localhost\": the peer chose no protocol by ALPN, and h2 is required")
    #expect(end.session.state == .closed)
    peer.read()
    #expect(SSL_get_shutdown(peer.session) & SSL_RECEIVED_SHUTDOWN != 0)
  }

  @Test func `a client gives up on a server that chooses another protocol`() throws {
    let end = End(try TLSContext(.testClient).makeSession(serverName: "localhost"))
    let peer = ScriptedPeer.server(identity: Certificates.server) { context in
      // answers with an unoffered protocol, which OpenSSL's server does not check
      SSL_CTX_set_alpn_select_cb(
        context,
        { _, out, count, _, _, _ in
          out?.pointee = UnsafePointer(permanentHTTP1)
          count?.pointee = 8
          return SSL_TLSEXT_ERR_OK
        }, nil)
    }
    end.start()
    pump(peer, end)
    #expect(end.error?.message.hasPrefix("TLS handshake with server \"localhost\": the peer ") == true)
    #expect(end.session.state == .closed)
  }

  @Test func `a client names the alert of a server that refuses h2`() throws {
    let end = End(try TLSContext(.testClient).makeSession(serverName: "localhost"))
    end.start()
    // a fatal alert, no_application_protocol, in a plain record
    end.receive(ByteBuffer(bytes: [21, 3, 3, 0, 2, 2, 120]))
    #expect(end.error?.kind == .alert(.noApplicationProtocol))
    #expect(
      end.error?.message == """
        TLS handshake with server "localhost": the peer gave up with the alert no_application_protocol \
        (it does not speak HTTP/2 (ALPN h2) here)
        """)
  }

  private func serve(
    _ spoken: [ApplicationProtocol] = [.http2], protocols: [UInt8]
  ) throws -> (End, alert: UInt8?) {
    let end = End(try TLSContext(.testServer, protocols: spoken).makeSession())
    pump(ScriptedPeer.client(protocols: protocols), end)
    return (end, ScriptedPeer.plainAlert(in: end.sent))
  }
}

/// "http/1.1" for C; lives as long as the test program.
// SAFETY: written once, before any test can reach it, and only read afterwards.
private nonisolated(unsafe) let permanentHTTP1: UnsafeMutablePointer<UInt8> = {
  let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 8)
  _ = bytes.initialize(from: "http/1.1".utf8)
  return bytes.baseAddress!
}()
