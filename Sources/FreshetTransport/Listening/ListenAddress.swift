// Where a server listens.
import NIOCore

/// An address to listen on.
public enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// A TCP port of a host's address; for port 0 the system chooses one.
  case tcp(host: String, port: Int)
  /// A Unix socket. A stale socket file of an earlier process is replaced; a socket file that is in use, and any other
  /// file, is not.
  case unix(path: String)
  /// A Unix socket in the abstract namespace (Linux).
  case unixAbstract(name: String)
  /// A port between a virtual machine and its host.
  case vsock(cid: UInt32, port: UInt32)

  public var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    case .unixAbstract(let name): "unix-abstract:\(name)"
    case .vsock(let cid, let port): "vsock:\(cid):\(port)"
    }
  }
}

extension ListenAddress {
  /// - Throws: `invalidSetting` for a port out of range; the system would use its lowest 16 bits.
  func validate() throws(TransportError) {
    guard case .tcp(_, let port) = self, !(0...65_535).contains(port) else { return }
    throw TransportError(.invalidSetting, "cannot listen on \(self): a port is from 0 to 65535")
  }
}

/// The actual address of a listener.
public struct BoundAddress: Sendable, Hashable, CustomStringConvertible {
  /// The host's address; empty for a Unix socket or vsock.
  public var host: String
  /// The TCP port; 0 for a Unix socket or vsock.
  public var port: Int
  /// The Unix socket's path.
  public var path: String?
  public let description: String

  /// - Parameter socket: the address as returned by the system.
  init(_ address: ListenAddress, _ socket: SocketAddress?) {
    host = ""
    port = 0
    switch address {
    case .tcp:
      host = socket?.ipAddress ?? ""
      port = socket?.port ?? 0
      description = ListenAddress.tcp(host: host, port: port).description
    case .unix(let path):
      self.path = path
      description = address.description
    case .unixAbstract, .vsock: description = address.description
    }
  }
}
