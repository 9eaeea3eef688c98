// A listener survives errors of accept: on its socket, on a new one, or it ends and its owner is notified.
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FreshetTransport

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

@Suite(.timeLimit(.minutes(5))) struct AcceptorTests {
  private struct Listening {
    let listener: Listener
    /// As text: “failing …”, “recovered 3”.
    let events = EventLog<String>()
    let opened = EventLog<Void>()

    init(on address: ListenAddress = .tcp(host: "127.0.0.1", port: 0)) async throws {
      listener = try await Listener.bind(
        to: address, group: MultiThreadedEventLoopGroup.singleton, tls: nil, configuration: ConnectionConfiguration(),
        makeDelegate: { [opened] _ in OpenCounter(opened) }, onFailure: { _ in },
        onAcceptEvent: { [events] event in
          switch event {
          case .failing(let address, let error):
            if case .accept = error.kind { events.record("failing on \(address): \(error)") }
          case .recovered(let address, let failures, _): events.record("recovered on \(address): \(failures)")
          }
        })
    }

    func fail(_ code: CInt) async {
      await listener.acceptor.fireError(IOError(errnoCode: code, reason: "accept"))
    }

    /// A connecting client is accepted.
    func expectService() async throws {
      let socket = try LoopbackSocket.connected(to: listener.address.port)
      try await opened.next("a connection")
      close(socket)
    }
  }

  private final class OpenCounter: ConnectionDelegate {
    private let opened: EventLog<Void>
    init(_ opened: EventLog<Void>) { self.opened = opened }
    func connectionMakesStream(_ connection: TransportConnection) -> TransportStream {
      TransportStream(executor: connection.executor, maxMessageBytes: 1)
    }
    func connectionOpened(_ connection: TransportConnection) { opened.record(()) }
    func connectionBecameReady(_ connection: TransportConnection) {}
    func connectionIsGoingAway(_ connection: TransportConnection, _ error: TransportError) {}
    func connectionClosed(_ connection: TransportConnection, _ error: TransportError) {}
  }

  @Test(arguments: [EPERM, EPROTO, ENETDOWN, ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM, EIO])
  func `a listener survives errors that accept calls transient`(code: CInt) async throws {
    let listening = try await Listening()
    for _ in 0..<3 {
      await listening.fail(code)
      try await listening.expectService()
    }
    await listening.listener.close()
    #expect(await listening.listener.waitForEnd() == nil)
  }

  @Test func `clients wait in the queue while accepting pauses`() async throws {
    let listening = try await Listening()
    await listening.fail(EMFILE)
    let sockets = try (0..<200).map { _ in try LoopbackSocket.connected(to: listening.listener.address.port) }
    for _ in sockets { try await listening.opened.next("a connection") }
    for socket in sockets { close(socket) }
    await listening.listener.close()
  }

  @Test func `an episode is reported once, and once when it is over`() async throws {
    let listening = try await Listening()
    let address = "127.0.0.1:\(listening.listener.address.port)"
    for _ in 0..<3 {
      await listening.fail(EMFILE)
      try await listening.expectService()
    }
    try await listening.events.next("the beginning") {
      $0.hasPrefix("failing on \(address): ") && $0.contains("(errno 24)")
    }
    try await listening.events.next("the end") { $0 == "recovered on \(address): 3" }
    #expect(listening.events.untaken == [])
    await listening.listener.close()
  }

  #if os(Linux)
    @Test func `a socket that was shut down is replaced by one on the same port`() async throws {
      let listening = try await Listening()
      let port = listening.listener.address.port
      await listening.listener.acceptor.withDescriptor { if let socket = $0 { shutdown(socket, CInt(SHUT_RDWR)) } }
      try await listening.events.next("the loss") { $0.contains("failing") }
      #expect(await eventually { (try? LoopbackSocket.connected(to: port)).map { close($0) } != nil })
      try await listening.opened.next("a connection")
      await listening.listener.close()
    }

    @Test func `a socket whose port was taken meanwhile ends the listener with that reason`() async throws {
      let listening = try await Listening()
      let port = listening.listener.address.port
      // Done on the loop: nothing can open the new socket before the other is bound.
      let thief = EventLog<CInt>()
      await listening.listener.acceptor.withDescriptor { socket in
        guard let socket else { return }
        shutdown(socket, CInt(SHUT_RDWR))
        thief.record((try? ListeningSocket.open(on: .tcp(host: "127.0.0.1", port: port)).descriptor) ?? -1)
      }
      let taken = try await thief.next("the other socket")
      #expect(taken >= 0)
      let error = try #require(await listening.listener.waitForEnd())
      #expect(error.message.hasPrefix("cannot listen on 127.0.0.1:\(port) any more"), "\(error)")
      if case .bind = error.kind {} else { Issue.record("\(error.kind)") }
      await listening.listener.close()
      close(taken)
    }
  #endif

  @Test func `a lost Unix socket is replaced by one at the same path`() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let listening = try await Listening(on: .unix(path: folder / "s"))
    await listening.fail(EINVAL)
    try await listening.events.next("the loss") { $0.contains("failing") }
    #expect(await eventually { (try? UnixSocket.connected(to: .path(folder / "s"))).map { close($0) } != nil })
    try await listening.opened.next("a connection")
    await listening.listener.close()
    #expect(access(folder / "s", F_OK) != 0)
  }

  @Test func `a repeatedly lost socket ends the listener`() async throws {
    let listening = try await Listening()
    let breaking = Task {
      while !Task.isCancelled {
        await listening.fail(EINVAL)
        await Task.yield()
      }
    }
    let error = try #require(await listening.listener.waitForEnd())
    breaking.cancel()
    if case .accept = error.kind {} else { Issue.record("\(error.kind)") }
    #expect(throws: PeerFailure.self) { try LoopbackSocket.connected(to: listening.listener.address.port) }
    await listening.listener.close()
  }

  @Test func `a listener is not bound with invalid settings`() async throws {
    var configuration = ConnectionConfiguration()
    configuration.http2.maxFrameBytes = 100
    do throws(TransportError) {
      let listener = try await Listener.bind(
        to: .tcp(host: "127.0.0.1", port: 0), group: MultiThreadedEventLoopGroup.singleton, tls: nil,
        configuration: configuration, makeDelegate: { _ in RecordingOwner() }, onFailure: { _ in })
      await listener.close()
      Issue.record("a listener was bound")
    } catch {
      if case .invalidSetting = error.kind {} else { Issue.record("another kind: \(error.kind)") }
      #expect(error.message == "http2.maxFrameBytes is 100, but must be 16384 to 16777215")
    }
  }
}
