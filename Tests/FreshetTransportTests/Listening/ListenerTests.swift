// Listening sockets, and errors that prevent listening.
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

@Suite(.timeLimit(.minutes(5))) struct ListenerTests {
  private func listen(_ address: ListenAddress, _ owner: RecordingOwner = RecordingOwner()) async throws(TransportError)
    -> Listener
  {
    try await Listener.bind(
      to: address, group: MultiThreadedEventLoopGroup.singleton, tls: nil, configuration: ConnectionConfiguration(),
      makeDelegate: { _ in owner }, onFailure: { owner.ready.set(.failure($0)) })
  }

  /// Connects, and waits until both sides are ready.
  private func connect(_ address: ConnectAddress, _ server: RecordingOwner) async throws -> RecordingOwner {
    let client = RecordingOwner()
    let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())
    executor.run {
      _ = SocketConnector(tls: nil, serverName: nil).connect(
        to: address, on: executor, configuration: ConnectionConfiguration(), timeout: .seconds(10), delegate: client
      ) { if case .failure(let error) = $0 { client.ready.set(.failure(error)) } }
    }
    try await client.ready.value()
    try await server.ready.value()
    executor.run { client.connection?.close(TransportError(.closedByUs, "done")) }
    _ = try await client.closed.value()
    _ = try await server.closed.value()
    return client
  }

  private func temporaryPath() -> String {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
    return "\(folder)/freshet-\(UInt64.random(in: 0 ... .max)).sock"
  }

  @Test func `port 0 becomes a port that clients can connect to`() async throws {
    let owner = RecordingOwner()
    let listener = try await listen(.tcp(host: "127.0.0.1", port: 0), owner)
    #expect(listener.address.port != 0)
    #expect(listener.address.host == "127.0.0.1")
    #expect(listener.address.path == nil)
    _ = try await connect(.ip(SocketAddress(ipAddress: "127.0.0.1", port: listener.address.port)), owner)
    #expect(owner.events == ["opened", "ready", "closed"])
    await listener.close()
  }

  @Test func `a port in use is TransportError.bind, which names the address and the reason`() async throws {
    let listener = try await listen(.tcp(host: "127.0.0.1", port: 0))
    let address = ListenAddress.tcp(host: "127.0.0.1", port: listener.address.port)
    let error = await #expect(throws: TransportError.self) { try await self.listen(address) }
    if case .bind? = error?.kind {} else { Issue.record("\(String(describing: error))") }
    #expect(error?.message.contains("127.0.0.1:\(listener.address.port)") == true)
    #expect(error?.message.contains("in use") == true, "\(error?.message ?? "")")
    await listener.close()
  }

  @Test func `a host that is not an address of this machine is TransportError.bind`() async {
    let error = await #expect(throws: TransportError.self) { try await self.listen(.tcp(host: "192.0.2.1", port: 0)) }
    #expect(error?.message.contains("192.0.2.1:0") == true)
  }

  @Test func `a Unix socket serves, and its file is gone after close`() async throws {
    let path = temporaryPath()
    let owner = RecordingOwner()
    let listener = try await listen(.unix(path: path), owner)
    #expect(listener.address.path == path)
    #expect("\(listener.address)" == "unix:\(path)")
    _ = try await connect(.unix(path: path), owner)
    #expect(owner.events == ["opened", "ready", "closed"])
    await listener.close()
    #expect(access(path, F_OK) != 0)
  }

  @Test func `a stale socket file is replaced, another file is not`() async throws {
    let path = temporaryPath()
    let descriptor = open(path, O_CREAT | O_WRONLY, 0o600)
    close(descriptor)
    let error = await #expect(throws: TransportError.self) { try await self.listen(.unix(path: path)) }
    #expect(error?.message.contains(path) == true)
    #expect(access(path, F_OK) == 0)
    unlink(path)
  }

  @Test func `the path of a live server is not taken, that of a dead one is`() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let address = ListenAddress.unix(path: folder / "s")
    let alive = try await listen(address)
    let error = await #expect(throws: TransportError.self) { try await self.listen(address) }
    #expect(
      error?.message == "cannot listen on unix:\(folder / "s"): Address already in use (errno 98)",
      "\(String(describing: error))")
    // A name that is moved away and back simulates a killed server: the file is left behind.
    let left = folder / "left"
    #expect(rename(folder / "s", left) == 0)
    await alive.close()
    #expect(rename(left, folder / "s") == 0)
    let next = try await listen(address)
    await next.close()
    #expect(access(folder / "s", F_OK) != 0)
  }

  @Test func `a server's end leaves the file of its replacement`() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let old = try await listen(.unix(path: folder / "s"))
    #expect(rename(folder / "s", folder / "away") == 0)
    let new = try await listen(.unix(path: folder / "s"))
    await old.close()
    #expect(access(folder / "s", F_OK) == 0)
    await new.close()
  }

  #if os(Linux)
    @Test func `an abstract Unix socket serves`() async throws {
      let owner = RecordingOwner(), name = "freshet-\(UInt64.random(in: 0 ... .max))"
      let listener = try await listen(.unixAbstract(name: name), owner)
      #expect("\(listener.address)" == "unix-abstract:\(name)")
      _ = try await connect(.unixAbstract(name: name), owner)
      let error = await #expect(throws: TransportError.self) { try await self.listen(.unixAbstract(name: name)) }
      #expect(error?.message.contains(name) == true)
      await listener.close()
    }
  #endif

  @Test func `a Unix path that is too long is an error, not a crash`() async {
    let path = "/nonexistent/" + String(repeating: "x", count: 300)
    await #expect(throws: TransportError.self) { try await self.listen(.unix(path: path)) }
  }

  @Test func `accepted connections outlive the listener`() async throws {
    let server = RecordingOwner(), client = RecordingOwner()
    let listener = try await listen(.tcp(host: "127.0.0.1", port: 0), server)
    let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())
    let address = try ConnectAddress.ip(SocketAddress(ipAddress: "127.0.0.1", port: listener.address.port))
    executor.run {
      _ = SocketConnector(tls: nil, serverName: nil).connect(
        to: address, on: executor, configuration: ConnectionConfiguration(), timeout: .seconds(10), delegate: client
      ) { if case .failure(let error) = $0 { client.ready.set(.failure(error)) } }
    }
    try await client.ready.value()
    try await server.ready.value()
    await listener.close()
    #expect(server.closeError == nil)
    executor.run { client.connection?.close(TransportError(.closedByUs, "done")) }
    _ = try await server.closed.value()
  }

  @Test func `a bound address can be parsed again`() async throws {
    #expect("\(ListenAddress.tcp(host: "::1", port: 5))" == "[::1]:5")
    #expect("\(ListenAddress.tcp(host: "h", port: 5))" == "h:5")
    #expect("\(ListenAddress.unix(path: "/x"))" == "unix:/x")
  }
}
