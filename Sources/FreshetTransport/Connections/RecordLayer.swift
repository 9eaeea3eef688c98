// What lies between a socket's bytes and a protocol's: the records of TLS, or nothing.
package import FreshetTLS
import NIOCore

/// Plain, or TLS. Belongs to one connection, and to its loop.
package struct RecordLayer {
  private let tls: TLSSession?

  package init(_ tls: TLSSession?) { self.tls = tls }

  var isPlain: Bool { tls == nil }
  /// Whether the peers do not agree on keys yet; nothing can be written then.
  var isHandshaking: Bool { tls?.state == .handshaking }
  /// Whether the handshake has answered the peer.
  var hasAnswered: Bool { tls?.hasAnswered == true }

  /// What the peers have agreed to speak; nil before the handshake is over, and without TLS.
  var applicationProtocol: ApplicationProtocol? { tls?.applicationProtocol }

  /// DER; see `TLSSession.peerCertificateDER`.
  var peerCertificateDER: [UInt8]? { tls?.peerCertificateDER }

  func start() throws(TLSError) { try tls?.start() }

  /// Says to the peer that nothing follows; `flush` sends it.
  func close() { tls?.close() }

  // MARK: In

  /// Whether it may take long to receive bytes that begin with this one.
  func mayCompute(on first: UInt8?) -> Bool { tls?.mayCompute(on: first) ?? false }

  /// What the peer said beside its data.
  struct Aside {
    /// How many messages of TLS came that brought no data, on an open session.
    var sideMessages = 0
    /// Whether nothing follows.
    var isEnd = false
  }

  /// Takes the peer's records, and appends to `plaintext` what they held. Not for a plain layer, whose bytes are that already.
  func receive(_ records: inout ByteBuffer, into plaintext: inout ByteBuffer) throws(TLSError) -> Aside {
    guard let tls else { return Aside() }
    try tls.receive(&records, into: &plaintext)
    return Aside(sideMessages: tls.takeSideMessages(), isEnd: tls.isPeerClosed)
  }

  /// The peer's bytes have ended.
  /// - Throws: `truncated` when it has not said before that they would.
  func receiveEnd() throws(TLSError) { try tls?.receiveEnd() }

  // MARK: Out

  /// Writes plaintext to the socket. The buffer may be used again afterwards.
  func write(_ plaintext: ByteBuffer, to context: ChannelHandlerContext) throws(TLSError) {
    guard let tls else { return context.writeAndFlush(NIOAny(plaintext), promise: nil) }
    try plaintext.withUnsafeReadableBytes { bytes throws(TLSError) in try tls.seal(bytes) }
    flush(to: context)
  }

  /// Writes what TLS has to say by itself.
  func flush(to context: ChannelHandlerContext) {
    guard let tls, tls.hasOutput else { return }
    var records = ByteBuffer()
    tls.takeOutput(into: &records)
    context.writeAndFlush(NIOAny(records), promise: nil)
  }
}
