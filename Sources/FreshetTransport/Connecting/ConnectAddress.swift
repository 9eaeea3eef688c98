// The destination of one connection.
package import NIOCore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// One address, for one attempt to connect.
package enum ConnectAddress: Sendable, Hashable, CustomStringConvertible {
  /// An IP address with a port. The zone names the interface of a link-local IPv6 address (RFC 4007).
  case ip(SocketAddress, zone: String? = nil)
  /// A Unix socket.
  case unix(path: String)
  /// A Unix socket in the abstract namespace (Linux).
  case unixAbstract(name: String)
  /// A port between a virtual machine and its host.
  case vsock(cid: UInt32, port: UInt32)
  /// In this process.
  case inProcess

  package var description: String {
    switch self {
    case .ip(let address, nil): PeerAddress.text(of: address)
    case .ip(let address, let zone?): "ipv6:[\(address.ipAddress ?? "")%\(zone)]:\(address.port ?? 0)"
    case .unix(let path): "unix:\(path)"
    case .unixAbstract(let name): "unix-abstract:\(name)"
    case .vsock(let cid, let port): "vsock:\(cid):\(port)"
    case .inProcess: "in process"
    }
  }

  package enum Family: Sendable, Hashable { case ipv4, ipv6, other }

  package var family: Family {
    switch self {
    case .ip(.v4, _): .ipv4
    case .ip(.v6, _): .ipv6
    case .ip(.unixDomainSocket, _), .unix, .unixAbstract, .vsock, .inProcess: .other
    }
  }
}

extension SocketAddress {
  /// The address on the interface that the zone names or numbers. Looked up each time, since interfaces come and go.
  /// - Throws: `TransportError.connect` if there is no such interface, or the address is not link-local.
  func onInterface(ofZone zone: String?) throws(TransportError) -> SocketAddress {
    guard let zone, let host = ipAddress, let port else { return self }
    if if_nametoindex(zone) == 0, UInt32(zone) == nil {
      throw TransportError(.connect, "there is no network interface “\(zone)”")
    }
    guard let address = try SystemResolver.addresses(ofLiteral: "\(host)%\(zone)", port: port).first else {
      throw TransportError(.connect, "the address \(host) cannot have the zone “\(zone)”")
    }
    return address
  }
}
