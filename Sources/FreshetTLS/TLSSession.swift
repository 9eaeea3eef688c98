// One end of one TLS connection: ciphertext in, plaintext out, and back. No I/O; the owner moves the bytes.
//
//   handshaking ──(both Finished, h2 agreed)──▸ open ──(close)──▸ closed
//        └──────────────(error, close)──────────────┴──(error)──────▸ closed
import COpenSSL
public import NIOCore

/// A TLS session over bytes that its owner transfers.
///
/// Confined to its owner's event loop, hence not Sendable. After any call, even one that threw, the owner sends the
/// output of ``takeOutput(into:)``: handshake messages, records, alerts. The output has no bound of its own; it grows
/// by what is sealed, and by our replies to what is received, so an owner that stops writing to the socket must stop
/// both. A peer that only makes us reply, and sends no data in between, is cut off at 4 KiB of replies.
public final class TLSSession {
  /// The phases of a session.
  public enum State: Sendable, Hashable {
    /// The handshake is in progress. → open, closed
    case handshaking
    /// The handshake is complete: plaintext can be sealed. → closed
    case open
    /// Closed by ``TLSSession/close()``, or failed: nothing more is sealed, and received bytes are dropped.
    case closed
  }

  /// The phase of this session.
  public private(set) var state = State.handshaking

  /// Whether the peer's close_notify was received: all data is complete, and nothing follows.
  public private(set) var isPeerClosed = false

  let handle: OpaquePointer
  private let wire: SessionWire
  private let context: TLSContext
  /// How much OpenSSL has replied on its own since the peer last sent data: mostly to key updates.
  private var answeredBytes = 0
  /// How many of the peer's handshake messages were reported or belong to the handshake.
  private var toldMessages = 0
  /// Whether the peer has begun to speak TLS.
  private var hasBegun = false
  /// Whether it was sent a reply.
  public private(set) var hasAnswered = false
  /// The peer's first bytes; nil as soon as they are known to be TLS.
  private var firstBytes: FirstBytes? = FirstBytes()

  /// Takes ownership of the handle, whose BIO leads to the wire.
  init(_ handle: OpaquePointer, wire: SessionWire, context: TLSContext) {
    self.handle = handle
    self.wire = wire
    self.context = context
    if context.isServer { SSL_set_accept_state(handle) } else { SSL_set_connect_state(handle) }
  }

  deinit {
    SSL_free(handle)
  }

  /// Begins a client's handshake: its first message becomes output. Not needed on a server.
  ///
  /// - Throws: `noCommonVersion` or `protocolViolation` when OpenSSL cannot make the message.
  public func start() throws(TLSError) {
    guard state == .handshaking, !context.isServer else { return }
    ErrorQueue.clear()
    try handshake()
  }

  /// Consumes all bytes from the peer, and appends the decrypted data to `plaintext`. May open the session.
  ///
  /// On a closed session the bytes are dropped: they and our alert or close_notify may cross on the wire.
  /// - Throws: the peer's fault; the session is closed then, and its last output is the alert for the peer. Data
  ///   decrypted before stays in `plaintext`.
  public func receive(_ ciphertext: inout ByteBuffer, into plaintext: inout ByteBuffer) throws(TLSError) {
    let result = ciphertext.readWithUnsafeReadableBytes { bytes -> (Int, Result<Void, TLSError>) in
      (bytes.count, Result { () throws(TLSError) in try receive(bytes, into: &plaintext) })
    }
    try result.get()
  }

  /// Whether receiving bytes that begin with this one may take long: clients decide when a server computes keys and
  /// signatures.
  public func mayCompute(on first: UInt8?) -> Bool {
    state == .handshaking && context.isServer && (hasBegun || first.map(FirstBytes.mayStartRecord) == true)
  }

  /// How many handshake messages were received on the open session since the last call: key updates and tickets, each
  /// of which makes us derive keys and carries no data.
  public func takeSideMessages() -> Int {
    guard state != .handshaking else { return 0 }
    defer { toldMessages = wire.handshakeMessages }
    return wire.handshakeMessages - toldMessages
  }

  /// The peer's bytes have ended.
  ///
  /// - Throws: `truncated` if they ended without close_notify; the session is closed then. Many peers end an idle
  ///   connection this way, which is harmless; within a message it is not.
  public func receiveEnd() throws(TLSError) {
    guard state != .closed, !isPeerClosed else { return }
    let text =
      state == .open
      ? "the peer's bytes ended without close_notify"
      : "the peer closed the connection before the handshake was complete"
    let attempted = attempted
    state = .closed
    throw TLSError(.truncated, "\(attempted): \(text)")
  }

  /// Encrypts bytes into records of up to 16 KiB and appends them to the output. Each call makes at least one record,
  /// about 22 bytes longer than its content: join small pieces first.
  ///
  /// - Throws: `notOpen` before the handshake is complete and after the session was closed.
  public func seal(_ plaintext: UnsafeRawBufferPointer) throws(TLSError) {
    guard state == .open else { throw TLSError(.notOpen, "\(attempted): cannot seal, the session is \(state)") }
    guard plaintext.count > 0 else { return }
    wire.output.reserveCapacity(minimumWritableBytes: Self.sealedBytes(plaintext.count))
    ErrorQueue.clear()
    var written = 0
    guard SSL_write_ex(handle, plaintext.baseAddress, plaintext.count, &written) == 1 else { throw fail() }
  }

  /// Whether ``takeOutput(into:)`` has anything to give.
  public var hasOutput: Bool { wire.output.readableBytes > 0 }

  /// Moves all output to the end of `ciphertext`; without a copy if that is empty.
  public func takeOutput(into ciphertext: inout ByteBuffer) {
    if ciphertext.readableBytes == 0 {
      ciphertext = wire.output
    } else {
      ciphertext.writeBuffer(&wire.output)
    }
    wire.output = ByteBuffer()  // an idle connection keeps no memory
  }

  /// Ends the session: close_notify becomes output if the session was open. No effect on a closed one.
  public func close() {
    if state == .open {
      ErrorQueue.clear()
      SSL_shutdown(handle)  // 0 or 1; 0 means that the peer's close_notify was not received, which is not waited for
    }
    state = .closed
  }
}

extension TLSSession {
  /// The application protocol; nil before the session is open.
  public var applicationProtocol: ApplicationProtocol? {
    SSL_is_init_finished(handle) == 1 ? context.protocols.agreed(by: handle) : nil
  }

  /// The negotiated version; nil before the session is open.
  public var version: TLSVersion? {
    guard SSL_is_init_finished(handle) == 1 else { return nil }
    return SSL_version(handle) == TLS1_3_VERSION ? .v1_3 : .v1_2
  }

  /// The name of the negotiated cipher, such as "TLS_AES_128_GCM_SHA256"; nil before.
  public var cipher: String? {
    SSL_get_current_cipher(handle).flatMap { SSL_CIPHER_get_name($0) }.map { String(cString: $0) }
  }

  /// Whether the handshake resumed an earlier session by its ticket, without certificates.
  public var wasResumed: Bool { SSL_session_reused(handle) == 1 }

  /// The peer's certificate in DER form; nil if it sent none. Whether it was verified depends on the configuration.
  public var peerCertificateDER: [UInt8]? {
    guard let certificate = SSL_get0_peer_certificate(handle) else { return nil }
    let count = i2d_X509(certificate, nil)
    guard count > 0 else { return nil }
    return [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, used in
      var end = buffer.baseAddress
      used = Int(i2d_X509(certificate, &end))
    }
  }
}

extension TLSSession {
  private func receive(_ bytes: UnsafeRawBufferPointer, into plaintext: inout ByteBuffer) throws(TLSError) {
    guard state != .closed else { return }
    try inspect(bytes)
    hasBegun = true
    wire.input = bytes
    defer { wire.input = UnsafeRawBufferPointer(start: nil, count: 0) }
    ErrorQueue.clear()
    if state == .handshaking {
      try handshake()
      hasAnswered = hasAnswered || hasOutput
    }
    guard state == .open else { return }
    let before = (output: wire.output.readableBytes, plaintext: plaintext.readableBytes)
    try decrypt(into: &plaintext)
    let answered = wire.output.readableBytes - before.output
    answeredBytes = plaintext.readableBytes > before.plaintext ? 0 : answeredBytes + answered
    try refuseFlood()
  }

  /// OpenSSL would report a plaintext peer as a wrong version number.
  private func inspect(_ bytes: UnsafeRawBufferPointer) throws(TLSError) {
    guard firstBytes != nil else { return }
    firstBytes?.append(bytes)
    guard let first = firstBytes, first.verdict != .undecided else { return }
    firstBytes = nil
    guard case .plaintext(let found) = first.verdict else { return }
    let attempted = attempted
    state = .closed
    // The only possible hint for a client without TLS; HTTP/1 could not parse it.
    if found == .http2Preface { wire.output.writeBytes(TLSAlert.unexpectedMessage.fatalRecord) }
    throw .plaintext(found, bytes: first.bytes, attempted: attempted)
  }

  private func handshake() throws(TLSError) {
    let result = SSL_do_handshake(handle)
    guard result != 1 else { return try open() }
    switch SSL_get_error(handle, result) {
    case SSL_ERROR_WANT_READ: return
    case SSL_ERROR_ZERO_RETURN:
      isPeerClosed = true
      let attempted = attempted
      state = .closed
      throw TLSError(.truncated, "\(attempted): the peer closed by close_notify before the handshake was complete")
    default: throw fail()
    }
  }

  private func open() throws(TLSError) {
    let attempted = attempted
    state = .open
    toldMessages = wire.handshakeMessages
    // A server has refused by now; a client finds out here, and OpenSSL lets it send no alert but close_notify.
    if applicationProtocol != nil { return }
    let answer = ApplicationProtocols.negotiated(by: handle).map { "chose \"\($0)\"" } ?? "chose no protocol"
    close()
    throw TLSError(
      .noCommonProtocol, "\(attempted): the peer \(answer) by ALPN, and \(context.protocols.text) is required")
  }

  /// Decrypts until OpenSSL has consumed the input; it keeps an incomplete last record.
  private func decrypt(into plaintext: inout ByteBuffer) throws(TLSError) {
    while !wire.input.isEmpty || SSL_pending(handle) > 0 {
      let expected = max(wire.input.count, Int(SSL_pending(handle)))
      var result: Int32 = 0
      plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: expected) { target in
        var count = 0
        result = SSL_read_ex(handle, target.baseAddress, target.count, &count)
        return count
      }
      if result == 1 { continue }
      switch SSL_get_error(handle, result) {
      case SSL_ERROR_WANT_READ: return
      case SSL_ERROR_ZERO_RETURN: return isPeerClosed = true
      default: throw fail()
      }
    }
  }

  /// Each key update of 27 bytes makes us reply with as many; a peer that reads none of them would fill our memory.
  private func refuseFlood() throws(TLSError) {
    guard answeredBytes > Self.maxAnsweredBytes else { return }
    let attempted = attempted
    close()
    let reason = "a flood of key updates or renegotiations"
    throw TLSError(
      .protocolViolation(reason: reason),
      "\(attempted): the peer broke the protocol: \(reason), \(answeredBytes) bytes of answers and no data between")
  }

  /// About 150 replies; a peer that follows RFC 8446 section 5.5 updates its keys once in millions of records.
  private static let maxAnsweredBytes = 4096

  /// Closes the session after a failed call into OpenSSL, and returns the reason.
  private func fail() -> TLSError {
    let failure = HandshakeFailure(
      attempted: attempted, errors: ErrorQueue.take(), certificateFailure: wire.certificateFailure,
      peerOffersNoProtocol: wire.peerOffersNoProtocol, context: context)
    state = .closed
    return failure.error
  }

  /// The beginning of a message.
  private var attempted: String {
    let peer =
      context.isServer ? "a client" : wire.expectedName.map { "server \"\($0.text)\"" } ?? "a server of no known name"
    return "TLS \(state == .handshaking ? "handshake" : "connection") with \(peer)"
  }

  /// The maximum output: a record holds 16 KiB, and its header, nonce and tag take up to 29 bytes (TLS 1.2).
  private static func sealedBytes(_ count: Int) -> Int {
    count + (count / 16384 + 1) * 32
  }
}
