// A blocking client without any protocol, for peers that misbehave.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// One connection to 127.0.0.1 or a Unix socket. Each call blocks, for at most thirty seconds.
public final class RawSocket: Sendable {
  private let descriptor: CInt

  public convenience init(port: Int) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = in_addr_t(UInt32(0x7f00_0001).bigEndian)
    self.init(AF_INET, &address, "127.0.0.1:\(port)")
  }

  public convenience init(unixPath path: String) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    self.init(AF_UNIX, &address, path)
  }

  private init<Address>(_ family: CInt, _ address: inout Address, _ text: String) {
    #if canImport(Darwin)
      let kind = SOCK_STREAM
    #else
      let kind = CInt(SOCK_STREAM.rawValue)
    #endif
    descriptor = socket(family, kind, 0)
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
      }
    }
    precondition(result == 0, "cannot connect to \(text): \(String(cString: strerror(errno)))")
  }

  /// Takes ownership of a connected socket.
  public init(descriptor: CInt) {
    self.descriptor = descriptor
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  public func send(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + sent, bytes.count - sent) }
      if count <= 0 { return }  // the peer has closed: what it sent before is still to be read
      sent += count
    }
  }

  /// Ends the sending side.
  public func finish() { shutdown(descriptor, CInt(SHUT_WR)) }

  /// Stops reading: the peer's later writes fail.
  public func stopReading() { shutdown(descriptor, CInt(SHUT_RD)) }

  /// What arrives next; empty at the end.
  /// - Returns: nil if nothing did within the limit.
  public func read() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    if count < 0 { return errno == ECONNRESET ? [] : nil }
    return Array(buffer[..<count])
  }

  /// Reads until the peer closes.
  /// - Returns: nil if it did not within the limit.
  public func readToEnd() -> [UInt8]? {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count == 0 { return all }
      if count < 0 { return errno == ECONNRESET ? all : nil }
      all += buffer[..<count]
    }
  }
}
