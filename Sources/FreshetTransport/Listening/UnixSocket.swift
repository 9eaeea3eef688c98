// Unix sockets beyond what NIO supports: with abstract names, and without replacing the file of a live server.
import NIOCore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The name of a Unix socket.
enum UnixSocketName: Sendable, Hashable, CustomStringConvertible {
  case path(String)
  /// A name in the abstract namespace, on Linux.
  case abstract(String)

  var description: String {
    switch self {
    case .path(let path): "unix:\(path)"
    case .abstract(let name): "unix-abstract:\(name)"
    }
  }

  /// The bytes of `sun_path`: a path ends with a NUL; an abstract name begins with one and is not terminated.
  private var bytes: [UInt8] {
    switch self {
    case .path(let path): Array(path.utf8) + [0]
    case .abstract(let name): [0] + Array(name.utf8)
    }
  }

  /// Calls `body` with the address as the system expects it.
  /// - Throws: ENAMETOOLONG.
  func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) throws(IOError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = bytes
    let offset = MemoryLayout<sockaddr_un>.offset(of: \sockaddr_un.sun_path) ?? 2
    guard bytes.count <= MemoryLayout.size(ofValue: address.sun_path) else {
      throw IOError(errnoCode: ENAMETOOLONG, reason: "name of \(bytes.count) bytes")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(offset + bytes.count)) }
    }
    if result != 0 { throw IOError(errnoCode: errno, reason: "\(self)") }
  }
}

/// Identifies the file at a path, since another one may replace it.
private struct FileIdentity: Equatable {
  let device: dev_t
  let inode: ino_t

  init?(ofSocketAt path: String) {
    var info = stat()
    guard lstat(path, &info) == 0, info.st_mode & S_IFMT == S_IFSOCK else { return nil }
    device = info.st_dev
    inode = info.st_ino
  }
}

enum UnixSocket {
  /// Removes the file of a listening socket, unless another has replaced it.
  typealias Cleanup = @Sendable () -> Void

  /// Binds and listens. A socket file without a listener is replaced; one with a listener is not.
  static func listening(on name: UnixSocketName, backlog: CInt) throws(IOError) -> (socket: CInt, cleanup: Cleanup) {
    if case .path(let path) = name, FileIdentity(ofSocketAt: path) != nil {
      if try isAlive(name) { throw IOError(errnoCode: EADDRINUSE, reason: "another process listens on \(name)") }
      unlink(path)
    }
    let descriptor = try StreamSocket.make(AF_UNIX)
    do throws(IOError) {
      try name.withAddress { bind(descriptor, $0, $1) }
      if listen(descriptor, backlog) != 0 { throw IOError(errnoCode: errno, reason: "listen on \(name)") }
    } catch {
      close(descriptor)
      throw error
    }
    guard case .path(let path) = name, let own = FileIdentity(ofSocketAt: path) else { return (descriptor, {}) }
    return (descriptor, { if FileIdentity(ofSocketAt: path) == own { unlink(path) } })
  }

  /// Connects; a Unix socket does so at once or not at all.
  static func connected(to name: UnixSocketName) throws(IOError) -> CInt {
    let descriptor = try StreamSocket.make(AF_UNIX)
    do throws(IOError) {
      try name.withAddress { connect(descriptor, $0, $1) }
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  private static func isAlive(_ name: UnixSocketName) throws(IOError) -> Bool {
    do throws(IOError) {
      close(try connected(to: name))
      return true
    } catch {
      switch error.errnoCode {
      case ECONNREFUSED, ENOENT: return false
      case EAGAIN: return true  // alive, and busy
      default: throw error  // such as EMFILE, which says nothing about the other
      }
    }
  }
}
