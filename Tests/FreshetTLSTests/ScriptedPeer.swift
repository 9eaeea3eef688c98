// A TLS peer on plain OpenSSL, which does what a Freshet session never would: other ALPN, ciphers, renegotiation.
import COpenSSL
import NIOCore
import TestSupport

/// A peer over OpenSSL's own memory BIOs.
final class ScriptedPeer {
  let session: OpaquePointer
  private let context: OpaquePointer
  private let input: OpaquePointer?
  private let output: OpaquePointer?

  /// A client; `protocols` is the ALPN list, each name preceded by its length; an empty list sends none.
  static func client(protocols: [UInt8], configure: (OpaquePointer) -> Void = { _ in }) -> ScriptedPeer {
    let peer = ScriptedPeer(TLS_client_method()) { context in
      if !protocols.isEmpty { SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count)) }
      configure(context)
    }
    SSL_set_connect_state(peer.session)
    return peer
  }

  /// A server that ignores ALPN.
  static func server(identity: TestCertificate, configure: (OpaquePointer) -> Void = { _ in }) -> ScriptedPeer {
    let peer = ScriptedPeer(TLS_server_method()) { context in
      use(identity, on: context)
      configure(context)
    }
    SSL_set_accept_state(peer.session)
    return peer
  }

  private init(_ method: OpaquePointer?, _ configure: (OpaquePointer) -> Void) {
    context = SSL_CTX_new(method)!
    configure(context)
    session = SSL_new(context)!
    input = BIO_new(BIO_s_mem())
    output = BIO_new(BIO_s_mem())
    SSL_set_bio(session, input, output)
  }

  deinit {
    SSL_free(session)
    SSL_CTX_free(context)
  }

  private static func use(_ identity: TestCertificate, on context: OpaquePointer) {
    let certificate = BIO_new_mem_buf(identity.certificatePEM, Int32(identity.certificatePEM.count))
    let key = BIO_new_mem_buf(identity.privateKeyPEM, Int32(identity.privateKeyPEM.count))
    defer {
      BIO_free(certificate)
      BIO_free(key)
    }
    let read = PEM_read_bio_X509(certificate, nil, nil, nil)
    let readKey = PEM_read_bio_PrivateKey(key, nil, nil, nil)
    SSL_CTX_use_certificate(context, read)
    SSL_CTX_use_PrivateKey(context, readKey)
    X509_free(read)
    EVP_PKEY_free(readKey)
  }

  /// Continues the handshake; true once it is complete.
  @discardableResult
  func shakeHands() -> Bool {
    ERR_clear_error()
    return SSL_do_handshake(session) == 1
  }

  func receive(_ bytes: ByteBuffer) {
    guard bytes.readableBytes > 0 else { return }
    _ = bytes.withUnsafeReadableBytes { BIO_write(input, $0.baseAddress, Int32($0.count)) }
  }

  func takeOutput() -> ByteBuffer {
    var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(output))
    let count = BIO_read(output, &bytes, Int32(bytes.count))
    return ByteBuffer(bytes: bytes.prefix(Int(max(count, 0))))
  }

  /// Reads plaintext, or makes the session progress; returns the bytes received.
  @discardableResult
  func read() -> [UInt8] {
    ERR_clear_error()
    var bytes = [UInt8](repeating: 0, count: 16384)
    let count = SSL_read(session, &bytes, Int32(bytes.count))
    return Array(bytes.prefix(Int(max(count, 0))))
  }

  func write(_ bytes: [UInt8]) {
    ERR_clear_error()
    SSL_write(session, bytes, Int32(bytes.count))
  }

  /// The alert in an unencrypted record, as its two bytes; nil if the record is something else.
  static func plainAlert(in record: ByteBuffer) -> UInt8? {
    let bytes = Array(record.readableBytesView)
    return bytes.count == 7 && bytes[0] == 21 ? bytes[6] : nil
  }
}

/// Exchanges bytes between a peer and a session until neither has output.
func pump(_ peer: ScriptedPeer, _ end: End) {
  while true {
    if SSL_is_init_finished(peer.session) == 0 { peer.shakeHands() }
    let fromPeer = peer.takeOutput()
    end.receive(fromPeer)
    let fromEnd = end.takeOutput()
    peer.receive(fromEnd)
    if fromPeer.readableBytes == 0, fromEnd.readableBytes == 0 { return }
  }
}
