// Attempts to connect, and their errors.
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import NIOPosix
import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

@testable import FreshetTransport

@Suite(.timeLimit(.minutes(5))) struct ConnectorTests {
  private let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())

  /// Connects once; the connection, if any, is closed again.
  private func attempt(_ address: ConnectAddress) async throws -> Result<String, TransportError> {
    let outcome = Signal<Result<String, TransportError>>()
    let owner = RecordingOwner()
    let executor = executor
    executor.run {
      _ = SocketConnector(tls: nil, serverName: nil).connect(
        to: address, on: executor, configuration: ConnectionConfiguration(), timeout: .seconds(10), delegate: owner
      ) { result in
        outcome.set(result.map(\.peer))
        if case .success(let connection) = result { connection.close(TransportError(.closedByUs, "done")) }
      }
    }
    let result = try await outcome.value()
    #expect(
      await executor.call { owner.events.filter { $0 == "closed" }.count } == ((try? result.get()) == nil ? 0 : 1))
    return result
  }

  private func failure(_ address: ConnectAddress) async throws -> TransportError? {
    if case .failure(let error) = try await attempt(address) { return error }
    return nil
  }

  /// A port of 127.0.0.1 without a listener.
  private func freePort() async throws -> Int {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(
      host: "127.0.0.1", port: 0
    ).get()
    let port = channel.localAddress?.port ?? 0
    try await channel.close().get()
    return port
  }

  private func listen() async throws -> Listener {
    try await Listener.bind(
      to: .tcp(host: "127.0.0.1", port: 0), group: MultiThreadedEventLoopGroup.singleton, tls: nil,
      configuration: ConnectionConfiguration(), makeDelegate: { _ in RecordingOwner() }, onFailure: { _ in })
  }

  private func local(_ port: Int) throws -> SocketAddress { try SocketAddress(ipAddress: "127.0.0.1", port: port) }

  @Test func `a refused connection says so`() async throws {
    let error = try await failure(.ip(local(try await freePort())))
    if case .connect? = error?.kind {} else { Issue.record("\(String(describing: error))") }
    #expect(error?.message == "Connection refused (errno 111)")
  }

  @Test func `a connection is made to the given address`() async throws {
    let listener = try await listen()
    let peer = try await attempt(.ip(local(listener.address.port))).get()
    #expect(peer == "ipv4:127.0.0.1:\(listener.address.port)")
    await listener.close()
  }

  @Test func `an unknown zone is an error that names it`() async throws {
    let error = try await failure(.ip(SocketAddress(ipAddress: "fe80::1", port: 1), zone: "eth999"))
    #expect(error?.message == "there is no network interface “eth999”")
  }

  @Test(arguments: [("fe80::1", "4294967296"), ("fe80::1", "-1"), ("::1", "lo")])
  func `a zone that does not suit the address is an error`(address: String, zone: String) async throws {
    let error = try await failure(.ip(SocketAddress(ipAddress: address, port: 1), zone: zone))
    #expect(error?.message.contains(zone) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: ["lo", "\(if_nametoindex("lo"))"])
  func `a zone is an interface by its name or number`(zone: String) throws {
    let address = try SocketAddress(ipAddress: "fe80::1", port: 1).onInterface(ofZone: zone)
    var text = [CChar](repeating: 0, count: 128)
    let code = address.withSockAddr {
      getnameinfo($0, socklen_t($1), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    }
    #expect(
      code == 0 && String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) == "fe80::1%lo"
    )
  }

  @Test func `a missing Unix socket is an error`() async throws {
    #expect(try await failure(.unix(path: "/nonexistent/freshet.sock"))?.message.contains("No such file") == true)
  }

  @Test func `a cancelled attempt opens no socket`() async throws {
    let executor = executor
    let outcome = Signal<Bool>()
    let owner = RecordingOwner()
    let address = ConnectAddress.ip(try local(9))
    executor.run {
      SocketConnector(tls: nil, serverName: nil).connect(
        to: address, on: executor, configuration: ConnectionConfiguration(), timeout: .seconds(60), delegate: owner
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
    #expect("\(ConnectAddress.ip(try SocketAddress(ipAddress: "1.2.3.4", port: 5)))" == "ipv4:1.2.3.4:5")
    let six = try SocketAddress(ipAddress: "fe80::1", port: 6)
    #expect("\(ConnectAddress.ip(six))" == "ipv6:[fe80::1]:6")
    #expect("\(ConnectAddress.ip(six, zone: "eth0"))" == "ipv6:[fe80::1%eth0]:6")
    #expect("\(ConnectAddress.unix(path: "/x"))" == "unix:/x")
  }
}
