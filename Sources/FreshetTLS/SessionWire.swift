// The two ends of an OpenSSL session as memory: a BIO that reads from the caller's bytes and writes into a ByteBuffer.
//
// OpenSSL's own memory BIOs would copy every record once more in each direction, and keep their peak memory.
import COpenSSL
import NIOCore

/// State that a session shares with its C callbacks. Confined, like the session, to its owner's event loop: OpenSSL
/// calls back only on the calling thread, and only during the call.
final class SessionWire {
  /// Bytes from the peer that OpenSSL has not read yet: the caller's memory, valid during one `receive` only.
  var input = UnsafeRawBufferPointer(start: nil, count: 0)

  /// Output for the peer that was not taken yet.
  var output = ByteBuffer()

  /// The name that a client expects, for certificate errors.
  let expectedName: PeerName?

  /// Why the peer's certificate was refused; OpenSSL discards the certificate when it fails.
  var certificateFailure: CertificateFailure?

  /// A client without ALPN; OpenSSL does not call the selection callback then.
  var peerOffersNoProtocol = false

  /// A server's ticket keys.
  let ticketKeys: TicketKeyRing?

  /// How many handshake messages were received.
  var handshakeMessages = 0

  init(expectedName: PeerName?, ticketKeys: TicketKeyRing? = nil) {
    self.expectedName = expectedName
    self.ticketKeys = ticketKeys
  }

  /// Called for each message and each record header, in both directions.
  static let countMessage:
    @convention(c) (Int32, Int32, Int32, UnsafeRawPointer?, Int, OpaquePointer?, UnsafeMutableRawPointer?) -> Void = {
      isSent, _, type, _, _, session, _ in
      guard isSent == 0, type == SSL3_RT_HANDSHAKE else { return }
      SessionWire.of(session: session)?.handshakeMessages += 1
    }

  /// Makes the session read and write here, and find this object in callbacks. The session does not retain it.
  func attach(to session: OpaquePointer) -> Bool {
    guard let method = Self.method, let bio = BIO_new(method) else { return false }
    let pointer = Unmanaged.passUnretained(self).toOpaque()
    BIO_set_data(bio, pointer)
    BIO_set_init(bio, 1)
    SSL_set_bio(session, bio, bio)  // owns the BIO; for the same one twice it takes one reference
    return SSL_set_ex_data(session, Self.sessionSlot, pointer) == 1
  }

  /// The object of a session, for a callback that has only the session.
  static func of(session: OpaquePointer?) -> SessionWire? {
    session.flatMap { SSL_get_ex_data($0, sessionSlot) }.map(object(at:))
  }

  /// Slot 0 is reserved for the application (`SSL_set_app_data`).
  private static let sessionSlot: Int32 = 0

  private static func object(at pointer: UnsafeMutableRawPointer) -> SessionWire {
    Unmanaged<SessionWire>.fromOpaque(pointer).takeUnretainedValue()
  }

  private func read(into target: UnsafeMutableRawPointer, count: Int) -> Int {
    let taken = min(count, input.count)
    guard taken > 0, let source = input.baseAddress else { return 0 }
    target.copyMemory(from: source, byteCount: taken)
    input = UnsafeRawBufferPointer(rebasing: input.dropFirst(taken))
    return taken
  }

  // SAFETY: created once, by Swift's lazy initialisation, and never changed or freed; BIO_new only reads it.
  private nonisolated(unsafe) static let method: OpaquePointer? = makeMethod()

  private static func makeMethod() -> OpaquePointer? {
    guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "freshet") else { return nil }
    BIO_meth_set_read(method) { bio, target, count in
      freshet_BIO_clear_retry_flags(bio)
      guard let target, count > 0, let pointer = BIO_get_data(bio) else { return -1 }
      let taken = SessionWire.object(at: pointer).read(into: target, count: Int(count))
      if taken > 0 { return Int32(taken) }
      freshet_BIO_set_retry_read(bio)  // no more for now; the owner detects the end of the stream
      return -1
    }
    BIO_meth_set_write(method) { bio, source, count in
      guard let source, count > 0, let pointer = BIO_get_data(bio) else { return 0 }
      let bytes = UnsafeRawBufferPointer(start: source, count: Int(count))
      SessionWire.object(at: pointer).output.writeBytes(bytes)
      return count
    }
    BIO_meth_set_ctrl(method) { _, command, _, _ in
      command == BIO_CTRL_FLUSH ? 1 : 0  // nothing is buffered here; all other commands are for other kinds of BIO
    }
    return method
  }
}
