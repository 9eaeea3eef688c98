// The time limits of a WebSocket, by a clock that the test advances.
import Freshet
import FreshetTransport
import FreshetWebSocket
import NIOCore
import TestSupport
import Testing

@testable import FreshetWeb

@Suite struct WebSocketWatchTests {
  /// A watch, and what it asks for. Used on its loop.
  // SAFETY: the log and the clock may be used anywhere, the rest only in `onLoop`.
  private final class Watched: WebSocketWatchDelegate, @unchecked Sendable {
    let log = Log<String>()
    let clock = CallClock()
    let executor: LoopExecutor
    var watch: WebSocketWatch?
    var holdsPeerBack = false

    init(_ times: WebSocketTimes) async {
      executor = .of(clock.eventLoopGroup.next())
      await onLoop { $0.watch = WebSocketWatch(times, on: $0.executor, for: $0) }
    }

    func onLoop(_ body: @escaping @Sendable (Watched) -> Void) async { await executor.call { body(self) } }

    func stop() async { await onLoop { $0.watch?.stop() } }

    func sendPing() { log.append("ping") }
    func peerIsSilent() { log.append("silent") }
    func closeIsOverdue() { log.append("overdue") }
  }

  private func watched(pingAfter: Duration? = .seconds(20)) async -> Watched {
    await Watched(WebSocketTimes(pingAfter: pingAfter, pong: .seconds(10), close: .seconds(5)))
  }

  @Test func `W84: a silent peer is pinged, then given up, then left`() async {
    let watched = await watched()
    await watched.clock.advance(by: .seconds(19))
    #expect(watched.log.values == [])
    await watched.clock.advance(by: .seconds(2))
    #expect(watched.log.values == ["ping"])
    await watched.clock.advance(by: .seconds(11))
    #expect(watched.log.values == ["ping", "silent"])
    await watched.clock.advance(by: .seconds(6))
    #expect(watched.log.values == ["ping", "silent", "overdue"])
    await watched.clock.advance(by: .seconds(600))
    #expect(watched.log.values == ["ping", "silent", "overdue"])
  }

  @Test func `any byte counts, and the silence begins anew`() async {
    let watched = await watched()
    for _ in 0..<3 {
      await watched.clock.advance(by: .seconds(21))
      await watched.onLoop { $0.watch?.hear(at: $0.executor.now) }
      await watched.clock.advance(by: .seconds(11))
    }
    #expect(watched.log.values == ["ping", "ping", "ping"])
    await watched.stop()
  }

  @Test func `W84: a peer whose messages are not read is pinged, but not given up until it can be heard`() async {
    let watched = await watched()
    await watched.onLoop { $0.holdsPeerBack = true }
    await watched.clock.advance(by: .seconds(21))
    for _ in 0..<3 { await watched.clock.advance(by: .seconds(11)) }
    #expect(watched.log.values == ["ping", "ping", "ping", "ping"])
    await watched.onLoop { $0.holdsPeerBack = false }
    await watched.clock.advance(by: .seconds(11))
    #expect(watched.log.values.last == "silent")
    await watched.stop()
  }

  @Test func `the first limit of a close counts, and nothing else after it`() async {
    let watched = await watched(pingAfter: nil)
    await watched.clock.advance(by: .seconds(600))
    #expect(watched.log.values == [])
    await watched.onLoop { $0.watch?.waitForClose(in: .seconds(5)) }
    await watched.clock.advance(by: .seconds(4))
    await watched.onLoop { $0.watch?.waitForClose(in: .seconds(60)) }
    await watched.clock.advance(by: .seconds(2))
    #expect(watched.log.values == ["overdue"])
    await watched.onLoop { $0.watch?.waitForClose(in: .seconds(5), anew: true) }
    await watched.clock.advance(by: .seconds(6))
    #expect(watched.log.values == ["overdue", "overdue"])
  }

  @Test func `a watch that is stopped asks for nothing`() async {
    let watched = await watched()
    await watched.stop()
    await watched.clock.advance(by: .seconds(600))
    #expect(watched.log.values == [])
  }

  @Test func `a limit that is not more than zero is refused with its name`() async {
    let wrong: [(String, (inout WebSocketClientOptions) -> Void)] = [
      ("pingInterval", { $0.pingInterval = .zero }), ("pongTimeout", { $0.pongTimeout = .seconds(-1) }),
      ("closeTimeout", { $0.closeTimeout = .zero }), ("openTimeout", { $0.openTimeout = .zero }),
    ]
    for (name, change) in wrong {
      let error = await #expect(throws: WebSocketError.self) {
        _ = try await WebSocket.open("ws://127.0.0.1:1/", options: WebSocketClientOptions(change))
      }
      #expect(error?.kind == .invalidSetting && error?.message.hasPrefix("\(name) is ") == true)
    }
  }
}
