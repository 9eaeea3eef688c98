// Where a server listens.
import NIOCore

/// An address to listen on.
public enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// A TCP port of a host's address; port 0 lets the system choose one.
  case tcp(host: String, port: Int)
  /// A Unix socket. A socket file that an earlier process left behind is replaced; any other file, and one that
  /// somebody listens on, is not.
  case unix(path: String)
  /// A Unix socket whose name is no file (Linux).
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
  /// - Throws: `invalidSetting` for a port that is none; the system would take its lowest 16 bits.
  func validate() throws(TransportError) {
    guard case .tcp(_, let port) = self, !(0...65_535).contains(port) else { return }
    throw TransportError(.invalidSetting, "cannot listen on \(self): a port is from 0 to 65535")
  }
}

/// The address that a listener got.
public struct BoundAddress: Sendable, Hashable, CustomStringConvertible {
  /// The host's address; empty for a Unix socket or vsock.
  public var host: String
  /// The TCP port; 0 for a Unix socket or vsock.
  public var port: Int
  /// The Unix socket's path.
  public var path: String?
  public let description: String

  /// - Parameter socket: the address that the system gave.
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
