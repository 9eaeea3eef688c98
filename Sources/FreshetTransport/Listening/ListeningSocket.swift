// The descriptor of a listening socket, which outlives the NIO channels that accept on it.
import NIOCore
import NIOPosix

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A bound, listening socket. While it is open, the system queues connecting clients.
struct ListeningSocket: Sendable {
  let descriptor: CInt
  private let cleanup: UnixSocket.Cleanup

  private static let backlog: CInt = 1024

  /// Binds and listens. May block while a host's name is resolved.
  static func open(on address: ListenAddress) throws -> ListeningSocket {
    switch address {
    case .tcp(let host, let port):
      let resolved = try SocketAddress.makeAddressResolvingHost(host, port: port)
      return try open(resolved.protocol) { socket in resolved.withSockAddr { bind(socket, $0, socklen_t($1)) } }
    case .vsock(let cid, let port):
      let vsock = VsockAddress(cid: .init(rawValue: cid), port: .init(rawValue: port))
      return try open(.vsock) { socket in vsock.withSockAddr { bind(socket, $0, socklen_t($1)) } }
    case .unix(let path): return try open(.path(path))
    case .unixAbstract(let name): return try open(.abstract(name))
    }
  }

  private static func open(
    _ family: NIOBSDSocket.ProtocolFamily, bind: (CInt) -> CInt
  ) throws(IOError) -> ListeningSocket {
    let descriptor = try StreamSocket.make(family.rawValue)
    var on: CInt = 1
    guard setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size)) == 0,
      bind(descriptor) == 0, listen(descriptor, backlog) == 0
    else {
      let error = IOError(errnoCode: errno, reason: "bind")
      Self.close(descriptor)
      throw error
    }
    return ListeningSocket(descriptor: descriptor, cleanup: {})
  }

  private static func open(_ name: UnixSocketName) throws(IOError) -> ListeningSocket {
    let (descriptor, cleanup) = try UnixSocket.listening(on: name, backlog: backlog)
    return ListeningSocket(descriptor: descriptor, cleanup: cleanup)
  }

  /// Another descriptor of the same socket, owned by the caller.
  func duplicated() throws(IOError) -> CInt {
    let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    if duplicate < 0 { throw IOError(errnoCode: errno, reason: "cannot duplicate the listening socket") }
    return duplicate
  }

  /// NIO shortens the backlog of a socket that it is given.
  func lengthenQueue() { listen(descriptor, Self.backlog) }

  /// Closes this descriptor, and removes a Unix socket's file.
  func close() {
    Self.close(descriptor)
    cleanup()
  }

  private static func close(_ descriptor: CInt) {
    #if canImport(Darwin)
      _ = Darwin.close(descriptor)
    #elseif canImport(Musl)
      _ = Musl.close(descriptor)
    #else
      _ = Glibc.close(descriptor)
    #endif
  }
}

enum StreamSocket {
  /// A new non-blocking socket of this family that is not inherited.
  static func make(_ family: CInt) throws(IOError) -> CInt {
    #if canImport(Darwin)
      let descriptor = socket(family, SOCK_STREAM, 0)
      if descriptor >= 0 {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
      }
    #else
      let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
      let descriptor = socket(family, kind, 0)
    #endif
    if descriptor < 0 { throw IOError(errnoCode: errno, reason: "cannot make a socket") }
    return descriptor
  }
}
