// Attempts to connect, and what their errors say.
import FreshetHTTP2
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FreshetTransport

@Suite(.timeLimit(.minutes(1))) struct ConnectorTests {
  private let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())

  /// Connects once; the connection, if any, is closed again.
  private func attempt(_ address: ConnectAddress) async throws -> Result<String, TransportError> {
    let outcome = Signal<Result<String, TransportError>>()
    let owner = RecordingOwner()
    let executor = executor
    executor.run {
      _ = SocketConnector(to: address, tls: nil, serverName: nil).connect(
        on: executor, configuration: ConnectionConfiguration(), timeout: .seconds(10), delegate: owner
      ) { result in
        outcome.set(result.map(\.peer))
        if case .success(let connection) = result { connection.close(TransportError(.closedByUs, "done")) }
      }
    }
    let result = try await outcome.value()
    #expect(await executor.call { owner.events.filter { $0 == "closed" }.count } == ((try? result.get()) == nil ? 0 : 1))
    return result
  }

  private func failure(_ address: ConnectAddress) async throws -> TransportError? {
    if case .failure(let error) = try await attempt(address) { return error }
    return nil
  }

  /// A port of 127.0.0.1 on which nobody listens.
  private func freePort() async throws -> Int {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).get()
    let port = channel.localAddress?.port ?? 0
    try await channel.close().get()
    return port
  }

  private func listen() async throws -> Listener {
    try await Listener.bind(
      to: .tcp(host: "127.0.0.1", port: 0), group: MultiThreadedEventLoopGroup.singleton, tls: nil,
      configuration: ConnectionConfiguration(), makeDelegate: { _ in RecordingOwner() }, onFailure: { _ in })
  }

  @Test func `a refused connection names what was tried and what came back`() async throws {
    let port = try await freePort()
    let error = try await failure(.name(host: "127.0.0.1", port: port))
    if case .connect? = error?.kind {} else { Issue.record("\(String(describing: error))") }
    #expect(error?.message.contains("127.0.0.1:\(port)") == true)
    #expect(error?.message.lowercased().contains("refused") == true, "\(error?.message ?? "")")
  }

  @Test func `a name that does not resolve is told as such`() async throws {
    let error = try await failure(.name(host: "nobody.invalid", port: 1))
    if case .connect? = error?.kind {} else { Issue.record("\(String(describing: error))") }
    #expect(error?.message.contains("nobody.invalid") == true)
    #expect(error?.message.contains("does not resolve") == true, "\(error?.message ?? "")")
  }

  @Test func `several addresses are tried in order until the last one listens`() async throws {
    let listener = try await listen()
    let dead = [try await freePort(), try await freePort()]
    let addresses = try (dead + [listener.address.port]).map { try SocketAddress(ipAddress: "127.0.0.1", port: $0) }
    let peer = try await attempt(.addresses(addresses)).get()
    #expect(peer == "ipv4:127.0.0.1:\(listener.address.port)")
    await listener.close()
  }

  @Test func `when no address takes the connection the error lists each of them`() async throws {
    let ports = [try await freePort(), try await freePort()]
    let addresses = try ports.map { try SocketAddress(ipAddress: "127.0.0.1", port: $0) }
    let error = try await failure(.addresses(addresses))
    for port in ports { #expect(error?.message.contains(":\(port): ") == true, "\(error?.message ?? "")") }
  }

  @Test func `no address at all is an error`() async throws {
    #expect(try await failure(.addresses([]))?.message.contains("no address") == true)
  }

  @Test func `a Unix socket that is not there names its path`() async throws {
    let error = try await failure(.unix(path: "/nonexistent/freshet.sock"))
    #expect(error?.message.contains("/nonexistent/freshet.sock") == true)
  }

  @Test func `an attempt that was given up opens no socket any more`() async throws {
    let executor = executor
    let outcome = Signal<Bool>()
    let owner = RecordingOwner()
    executor.run {
      SocketConnector(to: .name(host: "127.0.0.1", port: 9), tls: nil, serverName: nil).connect(
        on: executor, configuration: ConnectionConfiguration(), timeout: .seconds(60), delegate: owner
      ) { result in
        if case .failure = result { outcome.set(true) } else { outcome.set(false) }
      }.cancel()
    }
    #expect(try await outcome.value())
    #expect(await executor.call { owner.events } == [])
  }

  @Test func `a Unix path that is too long is an error, not a crash`() async throws {
    #expect(try await failure(.unix(path: "/nonexistent/" + String(repeating: "x", count: 300))) != nil)
  }

  @Test func `addresses are written as targets`() throws {
    let four = try SocketAddress(ipAddress: "1.2.3.4", port: 5), six = try SocketAddress(ipAddress: "::1", port: 6)
    #expect("\(ConnectAddress.addresses([four, six]))" == "ipv4:1.2.3.4:5, ipv6:[::1]:6")
    #expect("\(ConnectAddress.name(host: "h", port: 1))" == "h:1")
    #expect("\(ConnectAddress.unix(path: "/x"))" == "unix:/x")
  }
}
