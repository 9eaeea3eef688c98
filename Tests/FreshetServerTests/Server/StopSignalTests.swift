// The end of a server's run.
import FreshetTransport
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FreshetServer
@testable import FreshetTransport

@Suite(.timeLimit(.minutes(5))) struct StopSignalTests {
  private func listen() async throws -> Listener {
    try await Listener.bind(
      to: .tcp(host: "127.0.0.1", port: 0), group: MultiThreadedEventLoopGroup.singleton, tls: nil,
      configuration: ConnectionConfiguration(),
      makeDelegate: { executor in
        ServerConnection(ServerOptions([], [], ServerConfiguration()), executor, ConnectionTable())
      }, onFailure: { _ in })
  }

  @Test func `cancellation closes the listener, and nothing was lost`() async throws {
    let listener = try await listen()
    let waiting = Task { await StopSignal(trapsSignals: false).wait(orEndOf: listener) }
    waiting.cancel()
    #expect(await waiting.value == nil)
    #expect(throws: PeerFailure.self) { try LoopbackSocket.connected(to: listener.address.port) }
  }

  @Test func `a listener that ends by itself ends the wait, with the reason`() async throws {
    let listener = try await listen()
    let waiting = Task { await StopSignal(trapsSignals: false).wait(orEndOf: listener) }
    let breaking = Task {
      while !Task.isCancelled {
        await listener.acceptor.fireError(IOError(errnoCode: 22, reason: "accept"))
        await Task.yield()
      }
    }
    let error = try #require(await waiting.value)
    breaking.cancel()
    if case .accept = error.kind {} else { Issue.record("\(error)") }
  }
}
