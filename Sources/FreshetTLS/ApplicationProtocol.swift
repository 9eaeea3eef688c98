// ALPN: a client offers h2, a server takes h2 or gives up; nothing else is spoken here.
import COpenSSL
import FreshetText

/// The one application protocol, `h2` (RFC 9113 section 3.2; ALPN is RFC 7301).
enum ApplicationProtocol {
  static let name = "h2"

  /// A list of one name, each with its length before it.
  private static let list: [UInt8] = [UInt8(name.utf8.count)] + Array(name.utf8)

  /// Makes a client offer it.
  static func offer(on context: OpaquePointer) throws(TLSError) {
    guard SSL_CTX_set_alpn_protos(context, list, UInt32(list.count)) == 0 else {  // 0 is success, here alone
      throw .configuration("OpenSSL", "refuses the ALPN list: \(ErrorQueue.takeText())")
    }
  }

  /// Makes a server refuse, with no_application_protocol, clients that do not offer it, and those that offer nothing.
  static func require(on context: OpaquePointer) {
    SSL_CTX_set_alpn_select_cb(context, select, nil)
    SSL_CTX_set_client_hello_cb(context, refuseWithoutExtension, nil)
  }

  /// What the handshake of this session settled on.
  static func negotiated(by session: OpaquePointer) -> String? {
    var start: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    SSL_get0_alpn_selected(session, &start, &count)
    guard let start, count > 0 else { return nil }
    return printable(UnsafeBufferPointer(start: start, count: Int(count)))
  }

  /// Points `out` into the client's own list, which lives as long as OpenSSL needs the answer.
  private static let select: SSL_CTX_alpn_select_cb_func = { _, out, outCount, offered, offeredCount, _ in
    guard let out, let outCount, let offered else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    var rest = UnsafeBufferPointer(start: offered, count: Int(offeredCount))[...]
    while let count = rest.popFirst().map(Int.init), count <= rest.count {
      let candidate = rest.prefix(count)
      rest = rest.dropFirst(count)
      guard candidate.elementsEqual(name.utf8) else { continue }
      out.pointee = UnsafeBufferPointer(rebasing: candidate).baseAddress
      outCount.pointee = UInt8(count)
      return SSL_TLSEXT_ERR_OK
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
  }

  /// OpenSSL does not ask `select` when the extension is absent, and would go on without a protocol.
  private static let refuseWithoutExtension: SSL_client_hello_cb_fn = { session, alert, _ in
    var start: UnsafePointer<UInt8>?
    var count = 0
    let type = UInt32(TLSEXT_TYPE_application_layer_protocol_negotiation)
    if SSL_client_hello_get0_ext(session, type, &start, &count) == 1 { return SSL_CLIENT_HELLO_SUCCESS }
    SessionWire.of(session: session)?.peerOffersNoProtocol = true
    alert?.pointee = SSL_AD_NO_APPLICATION_PROTOCOL
    return SSL_CLIENT_HELLO_ERROR
  }
}
