// Where a server listens.
import NIOCore

/// An address to listen on.
public enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// A TCP port of a host's address; port 0 lets the system choose one.
  case tcp(host: String, port: Int)
  /// A Unix socket. A socket file that an earlier process left behind is replaced; any other file is not.
  case unix(path: String)

  public var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}

/// The address that a listener got.
public struct BoundAddress: Sendable, Hashable, CustomStringConvertible {
  /// The host's address; empty for a Unix socket.
  public var host: String
  /// The TCP port; 0 for a Unix socket.
  public var port: Int
  /// The Unix socket's path.
  public var path: String?

  init(_ address: SocketAddress?) {
    host = address?.ipAddress ?? ""
    port = address?.port ?? 0
    path = address?.pathname
  }

  public var description: String { path.map { "unix:\($0)" } ?? ListenAddress.tcp(host: host, port: port).description }
}
