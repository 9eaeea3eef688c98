// The error of a pass over a target's addresses in which none became ready.
import FreshetTLS
import FreshetTransport

extension TransportError {
  /// No address was found.
  static func unreachable(_ destination: Destination, _ error: TransportError) -> TransportError {
    TransportError(error.kind, "cannot connect to \(destination): \(error)", cause: error.cause)
  }

  /// Every address has failed. The message lists their reasons; kind and cause are those of the last.
  static func unreachable(
    _ destination: Destination, _ failures: [(address: ConnectAddress, error: TransportError)], isPlaintext: Bool
  ) -> TransportError {
    guard let last = failures.last else {
      return TransportError(.connect, "cannot connect to \(destination): it has no address")
    }
    let what =
      switch destination {
      case .name: "\(destination): "
      case .addresses: failures.count == 1 ? "" : "any of \(failures.count) addresses: "
      }
    var reasons = failures.prefix(maxReasons).map { "\($0.address): \($0.error.reason(isPlaintext: isPlaintext))" }
    if failures.count > maxReasons { reasons.append("and \(failures.count - maxReasons) more") }
    let message = "cannot connect to \(what)\(reasons.joined(separator: "; "))"
    return TransportError(last.error.kind, message, cause: last.error.cause)
  }

  /// A name may have hundreds of addresses.
  private static let maxReasons = 16

  /// For one address: the error, and a hint if only one of the two sides may be using TLS.
  private func reason(isPlaintext: Bool) -> String {
    let told = end.map { "the connection was \($0) before the server sent SETTINGS" } ?? message
    return told + (hint(isPlaintext: isPlaintext).map { " (\($0))" } ?? "")
  }

  /// How the connection ended, unless the peer has sent something more informative.
  private var end: String? {
    switch kind {
    case .closedByPeer: "closed"
    case .socket, .connect: wasReset ? "reset" : nil
    default: nil
    }
  }

  private func hint(isPlaintext: Bool) -> String? {
    switch (cause as? TLSError)?.kind {
    case .plaintextPeer(.http2Settings): "for a server without TLS, make the channel without `tls:`"
    case .plaintextPeer(.httpResponse), .noCommonProtocol, .alert(.noApplicationProtocol):
      "gRPC needs HTTP/2, and this seems to be an HTTP/1.1 server"
    case .plaintextPeer, .truncated: "if the server speaks no TLS, make the channel without `tls:`"
    case nil where end != nil && isPlaintext:
      "plaintext was spoken: if the server expects TLS, make the channel with `tls:`"
    case nil where end == "reset": "if the server speaks no TLS, make the channel without `tls:`"
    default: nil
    }
  }
}
