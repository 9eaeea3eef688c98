// What a pass over a target's addresses says when none of them became ready.
import FreshetTransport

extension TransportError {
  /// No address was found.
  static func unreachable(_ destination: Destination, _ error: TransportError) -> TransportError {
    TransportError(error.kind, "cannot connect to \(destination): \(error)", cause: error.cause)
  }

  /// Every address has failed. The message has their reasons, kind and cause are those of the last.
  static func unreachable(
    _ destination: Destination, _ failures: [(address: ConnectAddress, error: TransportError)]
  ) -> TransportError {
    guard let last = failures.last else {
      return TransportError(.connect, "cannot connect to \(destination): it has no address")
    }
    let what =
      switch destination {
      case .name: "\(destination): "
      case .addresses: failures.count == 1 ? "" : "any of \(failures.count) addresses: "
      }
    var reasons = failures.prefix(maxReasons).map { "\($0.address): \($0.error.reasonOfAttempt)" }
    if failures.count > maxReasons { reasons.append("and \(failures.count - maxReasons) more") }
    let message = "cannot connect to \(what)\(reasons.joined(separator: "; "))"
    return TransportError(last.error.kind, message, cause: last.error.cause)
  }

  /// A name may have hundreds of addresses.
  private static let maxReasons = 16

  /// Beside its address.
  private var reasonOfAttempt: String {
    switch kind {
    case .closedByPeer: "the connection was closed before the server's SETTINGS came"
    case .socket where wasReset: "the connection was reset before the server's SETTINGS came"
    default: message
    }
  }
}
