// A socket's address in gRPC's notation.
import FreshetText
import NIOCore

enum PeerAddress {
  /// `ipv4:127.0.0.1:50051`, `ipv6:[::1]:50051`, `unix:/run/x.sock`; just `unix:` for an unnamed socket.
  static func text(of address: SocketAddress?) -> String {
    switch address {
    case .v4?: "ipv4:\(address?.ipAddress ?? ""):\(address?.port ?? 0)"
    case .v6?: "ipv6:[\(address?.ipAddress ?? "")]:\(address?.port ?? 0)"
    case .unixDomainSocket?: "unix:\(singleLine(address?.pathname ?? ""))"  // possibly chosen by the peer
    case nil: "unix:"
    }
  }
}
