// How the end of a connection is logged.
import FreshetHTTP
import FreshetHTTP2
import FreshetTLS
import FreshetTransport
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FreshetServer

@Suite struct ServerConnectionTests {
  /// An end, and its log level: ordinary events must not raise alarms.
  private static let ends: [(error: TransportError, level: String)] = [
    (TransportError(.closedByPeer, "the client has gone"), "debug"),
    (TransportError(.tls, "gone", cause: TLSError(.truncated, "the peer's bytes ended without close_notify")), "debug"),
    (TransportError(.tls, "probed", cause: TLSError(.plaintextPeer(.httpRequest), "GET /healthz")), "debug"),
    (TransportError(.tls, "no h2", cause: TLSError(.noCommonProtocol, "http/1.1 alone")), "warning"),
    (TransportError(.tls, "bad", cause: TLSError(.protocolViolation(reason: "bad record mac"), "bad")), "warning"),
    (TransportError(.headerTimeout, "a header block was left open"), "warning"),
    (TransportError(.writeTimeout, "the peer took nothing"), "warning"),
  ]

  @Test(arguments: ends.indices) func `ordinary ends are only logged at debug level`(_ index: Int) async throws {
    let (error, level) = Self.ends[index], log = RecordedLog()
    var configuration = ServerConfiguration()
    configuration.logger = log.logger
    let options = ServerOptions([], [], configuration)
    let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())
    await executor.call {
      let owner = ServerConnection(options, executor, ConnectionTable())
      guard
        let connection = try? HTTP2Connection(
          role: .server, executor: executor, records: RecordLayer(nil), configuration: options.connection,
          delegate: owner)
      else { return }
      owner.connectionClosed(connection, error)
    }
    #expect(log.lines.count == 1 && log.lines[0].hasPrefix("\(level) connection "), "\(log.lines)")
  }
}
