// TLS for scripted peers, which read and write plaintext.
import COpenSSL
import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// One connection through OpenSSL, which a thread of its own carries to a local socket.
public enum TLSTunnel {
  /// Connects to a port of 127.0.0.1. The server's certificate is not verified.
  /// - Parameters:
  ///   - alpn: the protocols offered; none for a client without ALPN.
  ///   - identity: the client's certificate.
  ///   - halfCloses: whether the end of the plaintext ends the session's output alone.
  /// - Returns: a socket with the plaintext; closing it closes the connection.
  public static func connected(
    to port: Int, alpn: [String], identity: TestCertificate? = nil, halfCloses: Bool = false
  ) throws -> CInt {
    let (ssl, socket) = try handshake(port, alpn, identity)
    let (near, far) = FramePeer.socketPair()
    nonisolated(unsafe) let session = ssl  // the thread's alone from here on
    Thread.detachNewThread { carry(session, socket, far, halfCloses: halfCloses) }
    return near
  }

  /// What the server chose by ALPN for a client that offers these protocols; nil if nothing.
  public static func chosenProtocol(port: Int, alpn: [String]) throws -> String? {
    let (ssl, socket) = try handshake(port, alpn, nil)
    defer {
      SSL_free(ssl)
      close(socket)
    }
    var name: UnsafePointer<UInt8>?, count: UInt32 = 0
    SSL_get0_alpn_selected(ssl, &name, &count)
    return name.map { String(decoding: UnsafeBufferPointer(start: $0, count: Int(count)), as: UTF8.self) }
  }

  private static func handshake(
    _ port: Int, _ alpn: [String], _ identity: TestCertificate?
  ) throws -> (OpaquePointer, CInt) {
    let socket = try LoopbackSocket.connected(to: port)
    guard let context = SSL_CTX_new(TLS_client_method()), let ssl = SSL_new(context) else {
      fatalError("OpenSSL could not make a client")
    }
    SSL_CTX_free(context)
    // A record without data, such as a ticket, must not make a read wait for the next.
    SSL_ctrl(ssl, SSL_CTRL_CLEAR_MODE, Int(SSL_MODE_AUTO_RETRY), nil)
    if let identity {
      let certificate = PEM.readCertificate(identity.certificatePEM), key = PEM.readKey(identity.privateKeyPEM)
      SSL_use_certificate(ssl, certificate)
      SSL_use_PrivateKey(ssl, key)
      X509_free(certificate)
      EVP_PKEY_free(key)
    }
    let offer = alpn.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    if !offer.isEmpty { SSL_set_alpn_protos(ssl, offer, UInt32(offer.count)) }
    SSL_set_fd(ssl, socket)
    guard SSL_connect(ssl) == 1 else {
      SSL_free(ssl)
      close(socket)
      throw PeerFailure(description: "the TLS handshake with port \(port) failed")
    }
    return (ssl, socket)
  }

  private static func carry(_ ssl: OpaquePointer, _ socket: CInt, _ far: CInt, halfCloses: Bool) {
    var isOutputOpen = true
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    defer {
      SSL_shutdown(ssl)
      SSL_free(ssl)
      close(socket)
      close(far)
    }
    while true {
      var ready = [
        pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isOutputOpen ? far : -1, events: Int16(POLLIN), revents: 0),  // -1 is ignored
      ]
      if SSL_pending(ssl) == 0, poll(&ready, 2, 60_000) <= 0 { return }
      if SSL_pending(ssl) > 0 || ready[0].revents != 0 {
        let count = SSL_read(ssl, &buffer, Int32(buffer.count))
        if count <= 0, SSL_get_error(ssl, count) != SSL_ERROR_WANT_READ { return }
        var sent = 0
        while sent < count {
          let more = buffer.withUnsafeBytes { write(far, $0.baseAddress! + sent, Int(count) - sent) }
          if more <= 0 { return }
          sent += more
        }
      }
      if ready[1].revents != 0 {
        let count = read(far, &buffer, buffer.count)
        if count == 0, halfCloses {
          isOutputOpen = false
          SSL_shutdown(ssl)
          shutdown(socket, CInt(SHUT_WR))
          continue
        }
        if count <= 0 { return }
        SSL_write(ssl, buffer, Int32(count))  // a peer that has closed may have answered
      }
    }
  }
}
