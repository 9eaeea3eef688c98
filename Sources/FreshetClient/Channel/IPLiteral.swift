// Parses an IP address in a target.
import FreshetCore
import FreshetTransport
import NIOCore

/// `1.2.3.4`, `::1`, and with a zone `fe80::1%eth0` or, as in a URI, `fe80::1%25eth0` (RFC 6874).
struct IPLiteral {
  /// The address without its zone, which means nothing to other machines, so it is neither in `:authority` nor in the
  /// name that the server's certificate must match.
  let text: String
  private let address: SocketAddress
  private let zone: String?

  /// Nil for a name.
  init?(_ text: String) {
    let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    self.text = String(parts[0])
    zone = parts.count == 2 ? Self.zone(parts[1]) : nil
    guard let address = try? SocketAddress(ipAddress: self.text, port: 0) else { return nil }
    if parts.count == 2 {
      guard case .v6 = address, zone != nil else { return nil }
    }
    self.address = address
  }

  /// The host part of an authority (RFC 3986 §3.2.2).
  var authority: String {
    if case .v6 = address { "[\(text)]" } else { text }
  }

  func address(port: Int) -> ConnectAddress {
    var address = address
    address.port = port
    return .ip(address, zone: zone)
  }

  /// A zone after `%25` is percent-encoded; `%25` alone is the interface of that number.
  private static func zone(_ text: Substring) -> String? {
    let isEncoded = text.hasPrefix("25") && text.count > 2
    let zone = isEncoded ? PercentEncoding.decode(text.dropFirst(2).utf8) : String(text)
    return !zone.isEmpty && zone.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? zone : nil
  }
}
