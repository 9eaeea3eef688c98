// Connected TCP sockets for scripted peers, created manually so that only the test sends on them.
import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Listens on a port of 127.0.0.1 chosen by the system.
public final class LoopbackListener: Sendable {
  public let port: Int
  private let descriptor: CInt

  public init() {
    let descriptor = LoopbackSocket.make()
    var address = LoopbackSocket.address(port: 0)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    precondition(bound == 0 && listen(descriptor, 64) == 0, "cannot listen: \(String(cString: strerror(errno)))")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
    }
    self.descriptor = descriptor
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit { close(descriptor) }

  /// Whether a client has connected and is not accepted yet.
  public var hasWaitingClient: Bool {
    var listener = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&listener, 1, 0) > 0
  }

  /// Waits for a client, on a thread of its own, since a pool has few that may block.
  /// - Throws: `PeerFailure` if none connects in 30 s.
  public func accept() async throws -> CInt {
    let socket = await withCheckedContinuation { continuation in
      Thread.detachNewThread { [self] in
        var listener = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        continuation.resume(returning: poll(&listener, 1, 30_000) > 0 ? LoopbackSocket.accepted(by: descriptor) : -1)
      }
    }
    guard socket >= 0 else { throw PeerFailure(description: "no client connected to port \(port)") }
    return socket
  }
}

/// A connected socket.
public enum LoopbackSocket {
  /// Connects to a port of 127.0.0.1.
  public static func connected(to port: Int) throws -> CInt {
    let descriptor = make()
    var address = address(port: port)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      defer { close(descriptor) }
      throw PeerFailure(description: "cannot connect to port \(port): \(String(cString: strerror(errno)))")
    }
    return descriptor
  }

  fileprivate static func make() -> CInt {
    #if canImport(Darwin)
      let kind = SOCK_STREAM
    #else
      let kind = CInt(SOCK_STREAM.rawValue)
    #endif
    return socket(AF_INET, kind, 0)
  }

  fileprivate static func address(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = in_addr_t(UInt32(0x7f00_0001).bigEndian)
    return address
  }

  /// `accept` is also the caller's name.
  fileprivate static func accepted(by listener: CInt) -> CInt { accept(listener, nil, nil) }
}
