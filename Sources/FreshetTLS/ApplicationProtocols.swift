// ALPN (RFC 7301): which protocol the peers will speak inside TLS.
import COpenSSL
import FreshetText

/// A protocol that may be spoken inside TLS, by its registered name.
public enum ApplicationProtocol: String, Sendable {
  /// HTTP/2 (RFC 9113 section 3.2).
  case http2 = "h2"
  /// HTTP/1.1, which clients without ALPN also speak.
  case http1 = "http/1.1"
}

/// The protocols of one side, preferred first. A client offers them; a server chooses the first of its own that the
/// client offers, or fails with no_application_protocol.
final class ApplicationProtocols: Sendable {
  private let names: [String]
  private let speaksHTTP1: Bool
  /// In wire format: each name preceded by its length.
  private let list: [UInt8]

  /// - Parameter protocols: at least one.
  init(_ protocols: [ApplicationProtocol]) {
    names = protocols.map(\.rawValue)
    speaksHTTP1 = protocols.contains(.http1)
    list = names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
  }

  /// The names, for an error message: "h2 or http/1.1".
  var text: String { names.joined(separator: " or ") }

  /// The protocol that a finished handshake has agreed on; nil if it is not one of these.
  func agreed(by session: OpaquePointer) -> ApplicationProtocol? {
    guard let name = Self.negotiated(by: session) else { return speaksHTTP1 ? .http1 : nil }
    return names.contains(name) ? ApplicationProtocol(rawValue: name) : nil
  }

  /// The name that this session's handshake has agreed on.
  static func negotiated(by session: OpaquePointer) -> String? {
    var start: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    SSL_get0_alpn_selected(session, &start, &count)
    guard let start, count > 0 else { return nil }
    return printable(UnsafeBufferPointer(start: start, count: Int(count)))
  }

  // MARK: Client

  func offer(on context: OpaquePointer) throws(TLSError) {
    guard SSL_CTX_set_alpn_protos(context, list, UInt32(list.count)) == 0 else {  // 0 is success, only here
      throw .configuration("OpenSSL", "refuses the ALPN list: \(ErrorQueue.takeText())")
    }
  }

  // MARK: Server

  /// Has a server choose. The context does not keep this object alive.
  func require(on context: OpaquePointer) {
    SSL_CTX_set_alpn_select_cb(context, Self.select, Unmanaged.passUnretained(self).toOpaque())
    if !speaksHTTP1 { SSL_CTX_set_client_hello_cb(context, Self.refuseWithoutExtension, nil) }
  }

  /// Finds a protocol in the client's list, whose memory lives as long as OpenSSL needs the result.
  private func choose(from offered: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
    for name in names {
      var rest = offered[...]
      while let count = rest.popFirst().map(Int.init), count <= rest.count {
        let candidate = rest.prefix(count)
        rest = rest.dropFirst(count)
        if candidate.elementsEqual(name.utf8) { return UnsafeBufferPointer(rebasing: candidate) }
      }
    }
    return nil
  }

  private static let select: SSL_CTX_alpn_select_cb_func = { _, out, outCount, offered, offeredCount, own in
    guard let out, let outCount, let offered, let own else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    let protocols = Unmanaged<ApplicationProtocols>.fromOpaque(own).takeUnretainedValue()
    let list = UnsafeBufferPointer(start: offered, count: Int(offeredCount))
    guard let chosen = protocols.choose(from: list) else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    out.pointee = chosen.baseAddress
    outCount.pointee = UInt8(chosen.count)
    return SSL_TLSEXT_ERR_OK
  }

  /// OpenSSL does not call `select` when the extension is absent, and would continue without a protocol.
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
