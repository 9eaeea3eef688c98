// Whether a silent peer gets a PING, and the consequences (grpc-wire.md C15).
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import TestSupport
import Testing

@testable import FreshetTransport

@Suite struct KeepaliveTests {
  private static func seconds(_ count: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(count) }

  private func watch(asksWithoutCalls: Bool = false) -> Keepalive {
    Keepalive(
      KeepaliveConfiguration(interval: .seconds(30), timeout: .seconds(5), asksWithoutCalls: asksWithoutCalls),
      now: Self.seconds(0))
  }

  @Test func `C15: the interval is 10 s at least`() {
    #expect(KeepaliveConfiguration(interval: .seconds(1)).interval == .seconds(10))
    #expect(KeepaliveConfiguration(interval: .seconds(11)).interval == .seconds(11))
    #expect(KeepaliveConfiguration(interval: .seconds(11)).timeout == .seconds(20))
  }

  @Test func `C15: a peer that was silent for the interval gets a PING, and is gone after the time-out`() {
    var watch = watch()
    #expect(watch.firstCheck == Self.seconds(30))
    #expect(watch.timerFired(now: Self.seconds(30), hasCalls: true) == .sendPing(checkAt: Self.seconds(35)))
    #expect(watch.timerFired(now: Self.seconds(35), hasCalls: true) == .peerIsGone)
  }

  @Test func `C15: anything received restarts the interval`() {
    var watch = watch()
    watch.heard(now: Self.seconds(20))
    #expect(watch.timerFired(now: Self.seconds(30), hasCalls: true) == .check(at: Self.seconds(50)))
    #expect(watch.timerFired(now: Self.seconds(50), hasCalls: true) == .sendPing(checkAt: Self.seconds(55)))
    watch.heard(now: Self.seconds(51))
    #expect(watch.timerFired(now: Self.seconds(55), hasCalls: true) == .check(at: Self.seconds(81)))
  }

  @Test func `C15: without calls no PING is sent, unless configured`() {
    var quiet = watch(), eager = watch(asksWithoutCalls: true)
    #expect(quiet.timerFired(now: Self.seconds(30), hasCalls: false) == .check(at: Self.seconds(60)))
    #expect(eager.timerFired(now: Self.seconds(30), hasCalls: false) == .sendPing(checkAt: Self.seconds(35)))
  }

  // MARK: On a connection

  private func configuration() -> ConnectionConfiguration {
    var configuration = ConnectionConfiguration()
    configuration.keepalive = KeepaliveConfiguration(interval: .seconds(30), timeout: .seconds(5))
    return configuration
  }

  @Test func `C15: a connection that answers its PINGs stays open`() throws {
    let end = try EmbeddedEnd.readyClient(configuration())
    let call = try end.open()
    _ = end.frames()
    for _ in 0..<3 {
      end.advance(.seconds(30))
      #expect(end.frames() == [.ping(Keepalive.pingPayload)])
      end.receive(.ping(Keepalive.pingPayload, isAck: true))
    }
    #expect(call.closes == [])
  }

  @Test func `C15: a connection whose PING is not answered ends, and its calls with it`() throws {
    let end = try EmbeddedEnd.readyClient(configuration())
    let call = try end.open()
    _ = end.frames()
    end.advance(.seconds(30))
    #expect(end.frames() == [.ping(Keepalive.pingPayload)])
    end.advance(.seconds(5))
    #expect(call.closes == [.connectionLost])
    #expect(isKind(end.owner.closeError) { if case .keepaliveTimeout = $0 { true } else { false } })
  }

  @Test func `C15: without the setting no PING is sent`() throws {
    let end = try EmbeddedEnd.readyClient()
    _ = try end.open()
    _ = end.frames()
    end.advance(.hours(24))
    #expect(end.frames() == [])
    #expect(end.owner.events.last == "ready")
  }

  private func isKind(_ error: TransportError?, _ matches: (TransportError.Kind) -> Bool) -> Bool {
    error.map { matches($0.kind) } ?? false
  }
}
