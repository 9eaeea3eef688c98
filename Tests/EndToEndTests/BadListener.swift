// Servers that accept a connection, or seem to, and do not serve it.
import NIOCore
import NIOPosix
import TestSupport

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Listens on a port of 127.0.0.1 and treats all clients in the same way.
final class BadListener: Sendable {
  enum Manner: String, CaseIterable, Sendable {
    /// Nothing listens on the port.
    case refuses
    case closesAtOnce
    case resets
    case isSilent
    /// The system answers no SYN: the backlog is full.
    case isABlackHole
    case speaksHTTP1
    case speaksTLS
    case speaksNonsense
    case speaksNonsenseAndCloses
    /// A connection that is ready and going away at once is useless.
    case saysGoawayInPlaceOfSettings

    /// What the error of the attempt says, if it has an end.
    var reason: String? {
      switch self {
      case .refuses: "Connection refused"
      // Closed or reset: the preface may be in flight.
      case .closesAtOnce, .resets: "before the server sent SETTINGS"
      case .isSilent, .isABlackHole: nil
      case .speaksHTTP1: "speaks HTTP/1.1, not HTTP/2 (“HTTP/1.1 400 Bad Request”)"
      case .speaksTLS: "speaks TLS"
      case .speaksNonsense: "does not speak HTTP/2 (“ZZZ"
      case .speaksNonsenseAndCloses, .saysGoawayInPlaceOfSettings: "the peer broke HTTP/2"
      }
    }
  }

  let port: Int
  /// True for each client that connected, false for each that left.
  let clients = EventLog<Bool>()
  /// How many of its own clients fill the backlog of a black-hole port; further ones are ignored.
  static let blackHoleClients = 2
  private let channel: (any Channel)?
  private let sockets: [CInt]

  init(_ manner: Manner) async throws {
    if manner == .isABlackHole {
      (sockets, port) = try Self.blackHole()
      channel = nil
      return
    }
    sockets = []
    let clients = self.clients
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { client in
        client.eventLoop.makeCompletedFuture {
          try client.pipeline.syncOperations.addHandler(Handler(manner, clients))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
    if manner == .refuses {
      try await channel.close()
      self.channel = nil
    } else {
      self.channel = channel
    }
  }

  deinit {
    channel?.close(promise: nil)
    for socket in sockets { close(socket) }
  }

  /// A listening socket whose backlog is full of connections that are not accepted.
  private static func blackHole() throws -> (sockets: [CInt], port: Int) {
    let listener = try plainSocket()
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(UInt32(0x7f00_0001).bigEndian)
    let port = try withUnsafeMutablePointer(to: &address) { address in
      try address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard bind(listener, address, length) == 0, listen(listener, 0) == 0,
          getsockname(listener, address, &length) == 0
        else {
          throw PeerFailure(description: "cannot listen: \(String(cString: strerror(errno)))")
        }
        return UnsafeRawPointer(address).load(as: sockaddr_in.self).sin_port
      }
    }
    address.sin_port = port
    var sockets = [listener]
    for _ in 0...blackHoleClients {
      let filler = try plainSocket()
      _ = fcntl(filler, F_SETFL, O_NONBLOCK)
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          _ = connect(filler, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      sockets.append(filler)
    }
    return (sockets, Int(UInt16(bigEndian: port)))
  }

  private static func plainSocket() throws -> CInt {
    #if canImport(Darwin)
      let made = socket(AF_INET, SOCK_STREAM, 0)
    #else
      let made = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    #endif
    guard made >= 0 else { throw PeerFailure(description: "no socket: \(String(cString: strerror(errno)))") }
    return made
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let manner: Manner
    private let clients: EventLog<Bool>

    init(_ manner: Manner, _ clients: EventLog<Bool>) {
      self.manner = manner
      self.clients = clients
    }

    func channelActive(context: ChannelHandlerContext) {
      clients.record(true)
      switch manner {
      case .closesAtOnce: context.close(promise: nil)
      case .resets:
        _ = (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        context.close(promise: nil)
      case .refuses, .isSilent, .isABlackHole, .speaksHTTP1, .speaksTLS, .speaksNonsense, .speaksNonsenseAndCloses,
        .saysGoawayInPlaceOfSettings:
        break
      }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch manner {
      case .speaksHTTP1: say(Array("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".utf8), context)
      case .speaksTLS: say([0x15, 3, 1, 0, 2, 2, 70], context)
      case .speaksNonsense: say(Array(repeating: 0x5A, count: 100), context)
      case .speaksNonsenseAndCloses:
        say(Array(repeating: 0xA5, count: 100), context)
        context.close(promise: nil)
      case .saysGoawayInPlaceOfSettings: say(Frame.goaway(last: 0, code: 0).bytes, context)
      case .refuses, .closesAtOnce, .resets, .isSilent, .isABlackHole: break
      }
    }

    private func say(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { clients.record(false) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
