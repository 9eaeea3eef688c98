// A socket's address in gRPC's notation.
import FreshetText
import NIOCore

enum PeerAddress {
  /// `ipv4:127.0.0.1:50051`, `ipv6:[::1]:50051`, `unix:/run/x.sock`; `unix:` alone for a socket without a name.
  static func text(of address: SocketAddress?) -> String {
    switch address {
    case .v4?: "ipv4:\(address?.ipAddress ?? ""):\(address?.port ?? 0)"
    case .v6?: "ipv6:[\(address?.ipAddress ?? "")]:\(address?.port ?? 0)"
    case .unixDomainSocket?: "unix:\(singleLine(address?.pathname ?? ""))"  // which the peer may have chosen
    case nil: "unix:"
    }
  }
}
