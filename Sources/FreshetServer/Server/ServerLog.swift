// A server's log of events that clients provoke: bounded, so that no client can fill a disk or hide something among its
// lines.
import FreshetTransport
import Logging
import NIOCore
import Synchronization

/// Writes lines as far as `LogQuota` allows, and then the number of suppressed ones. Thread-safe.
final class ServerLog: Sendable {
  private let logger: Logger
  private let quota = Mutex(LogQuota())

  init(_ logger: Logger) { self.logger = logger }

  /// - Parameters:
  ///   - peer: in the form of `TransportConnection.peer`; nil does not count by peer.
  ///   - executor: of any loop, for a timer.
  func write(
    _ kind: LogKind, level: Logger.Level, peer: String?, on executor: @autoclosure () -> LoopExecutor,
    metadata: @autoclosure () -> Logger.Metadata
  ) {
    guard logger.logLevel <= level else { return }
    switch quota.withLock({ $0.take(kind, peer: peer.map(PeerHost.of), now: .now()) }) {
    case .write: logger.log(level: level, "\(kind.rawValue)", metadata: metadata())
    case .leaveOut:
      let executor = executor()
      executor.run { _ = executor.schedule(in: LogQuota.summaryDelay) { self.writeSummary() } }
    case .leaveOutToo: break
    }
  }

  private func writeSummary() {
    for (kind, count) in quota.withLock({ $0.takeLeftOut() }) {
      logger.warning("log lines were left out", metadata: ["line": "\(kind.rawValue)", "count": "\(count)"])
    }
  }
}

/// What counts as one client: an IPv4 address, or an IPv6 network, since each client has 2⁶⁴ addresses there.
enum PeerHost {
  /// - Parameter peer: in gRPC's notation: `ipv4:127.0.0.1:50051`, `ipv6:[::1]:50051`.
  static func of(_ peer: String) -> String {
    guard let colon = peer.lastIndex(of: ":"), peer.hasPrefix("ipv") else { return peer }
    let host = peer[..<colon]
    guard host.hasPrefix("ipv6:["),
      let address = try? SocketAddress(ipAddress: String(host.dropFirst(6).dropLast()), port: 0), case .v6 = address
    else { return String(host) }
    // sockaddr_in6: family, port and flow take eight bytes, followed by sixteen of the address.
    let bytes = address.withSockAddr { Array(UnsafeRawBufferPointer(start: $0, count: $1)[8..<24]) }
    let isMapped = bytes.prefix(12).elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
    return isMapped ? String(host) : "ipv6:\(bytes.prefix(8))"
  }
}
