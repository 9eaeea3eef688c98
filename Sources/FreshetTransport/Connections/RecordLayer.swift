// The layer between a socket's bytes and a protocol's: TLS records, or nothing.
package import FreshetTLS
import NIOCore

/// Plain, or TLS. Belongs to one connection, and to its loop.
package struct RecordLayer {
  private let tls: TLSSession?

  package init(_ tls: TLSSession?) { self.tls = tls }

  var isPlain: Bool { tls == nil }
  /// Whether the peers have not yet agreed on keys; nothing can be written then.
  var isHandshaking: Bool { tls?.state == .handshaking }
  /// Whether the handshake has sent an answer.
  var hasAnswered: Bool { tls?.hasAnswered == true }

  /// The agreed protocol; nil before the handshake is over, and without TLS.
  var applicationProtocol: ApplicationProtocol? { tls?.applicationProtocol }

  /// DER; see `TLSSession.peerCertificateDER`.
  var peerCertificateDER: [UInt8]? { tls?.peerCertificateDER }

  func start() throws(TLSError) { try tls?.start() }

  /// Sends the peer a close; `flush` writes it.
  func close() { tls?.close() }

  // MARK: Inbound

  /// Whether receiving bytes that begin with this one may take long.
  func mayCompute(on first: UInt8?) -> Bool { tls?.mayCompute(on: first) ?? false }

  /// What the peer has sent besides data.
  struct Aside {
    /// The number of TLS messages without data on an open session.
    var sideMessages = 0
    /// Whether nothing follows.
    var isEnd = false
  }

  /// Consumes the peer's records, and appends their content to `plaintext`. Not for a plain layer.
  func receive(_ records: inout ByteBuffer, into plaintext: inout ByteBuffer) throws(TLSError) -> Aside {
    guard let tls else { return Aside() }
    try tls.receive(&records, into: &plaintext)
    return Aside(sideMessages: tls.takeSideMessages(), isEnd: tls.isPeerClosed)
  }

  /// The peer's bytes have ended.
  /// - Throws: `truncated` if the peer has not announced it.
  func receiveEnd() throws(TLSError) { try tls?.receiveEnd() }

  // MARK: Outbound

  /// Writes plaintext to the socket. The buffer may be reused afterwards.
  func write(_ plaintext: ByteBuffer, to context: ChannelHandlerContext) throws(TLSError) {
    guard let tls else { return context.writeAndFlush(NIOAny(plaintext), promise: nil) }
    try plaintext.withUnsafeReadableBytes { bytes throws(TLSError) in try tls.seal(bytes) }
    flush(to: context)
  }

  /// Writes TLS's own pending output.
  func flush(to context: ChannelHandlerContext) {
    guard let tls, tls.hasOutput else { return }
    var records = ByteBuffer()
    tls.takeOutput(into: &records)
    context.writeAndFlush(NIOAny(records), promise: nil)
  }
}
