// Resolves names with the system's resolver.
package import NIOCore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

package enum SystemResolver {
  /// The IPv6 and IPv4 addresses of a host, in the order of the system's rules (RFC 6724). Blocks, possibly for half a
  /// minute.
  /// - Throws: `TransportError.connect` with the resolver's message.
  package static func addresses(ofHost host: String, port: Int) throws(TransportError) -> [SocketAddress] {
    // AI_ADDRCONFIG would hide a disconnected machine's own addresses; unreachable ones fail at once anyway.
    try addresses(of: host, port, flags: 0)
  }

  /// Parses an IP address, which may have a zone. Does not block.
  static func addresses(ofLiteral host: String, port: Int) throws(TransportError) -> [SocketAddress] {
    try addresses(of: host, port, flags: AI_NUMERICHOST)
  }

  private static func addresses(of host: String, _ port: Int, flags: CInt) throws(TransportError) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_flags = flags
    hints.ai_family = AF_UNSPEC
    #if canImport(Darwin)
      hints.ai_socktype = SOCK_STREAM
    #else
      hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, "\(port)", &hints, &list)
    guard code == 0 else {
      let reason = code == EAI_SYSTEM ? String(cString: strerror(errno)) : String(cString: gai_strerror(code))
      throw TransportError(.connect, "the name “\(host)” does not resolve (\(reason))")
    }
    defer { freeaddrinfo(list) }
    return sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }.compactMap { $0.flatMap(address(of:)) }
  }

  private static func address(of entry: UnsafeMutablePointer<addrinfo>) -> SocketAddress? {
    guard let address = UnsafeRawPointer(entry.pointee.ai_addr) else { return nil }
    return switch entry.pointee.ai_family {
    case AF_INET: SocketAddress(address.loadUnaligned(as: sockaddr_in.self))
    case AF_INET6: SocketAddress(address.loadUnaligned(as: sockaddr_in6.self))
    default: nil
    }
  }
}
