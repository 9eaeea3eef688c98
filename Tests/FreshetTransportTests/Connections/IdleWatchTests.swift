// A connection without calls is drained, and one with calls is not.
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import TestSupport
import Testing

@testable import FreshetTransport

@Suite struct IdleWatchTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000)
  private func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

  @Test func `a connection that never had a call is idle after the limit`() {
    var watch = IdleWatch(limit: .seconds(100), now: start, lastStreamID: 0)
    #expect(watch.firstCheck == at(100))
    #expect(watch.timerFired(now: at(100), hasCalls: false, lastStreamID: 0) == .drain)
  }

  @Test func `running calls keep the connection`() {
    var watch = IdleWatch(limit: .seconds(100), now: start, lastStreamID: 0)
    for time in stride(from: Int64(100), through: 1_000, by: 25) {
      #expect(watch.timerFired(now: at(time), hasCalls: true, lastStreamID: 1) == .check(at: at(time + 25)))
    }
    // It may have ended just now.
    #expect(watch.timerFired(now: at(1_025), hasCalls: false, lastStreamID: 1) == .check(at: at(1_050)))
    #expect(watch.timerFired(now: at(1_050), hasCalls: false, lastStreamID: 1) == .check(at: at(1_075)))
    #expect(watch.timerFired(now: at(1_124), hasCalls: false, lastStreamID: 1) == .check(at: at(1_125)))
    #expect(watch.timerFired(now: at(1_125), hasCalls: false, lastStreamID: 1) == .drain)
  }

  @Test func `a call that began and ended between two checks counts`() {
    var watch = IdleWatch(limit: .seconds(100), now: start, lastStreamID: 0)
    #expect(watch.timerFired(now: at(100), hasCalls: false, lastStreamID: 1) == .check(at: at(125)))
    #expect(watch.timerFired(now: at(200), hasCalls: false, lastStreamID: 1) == .drain)
  }

  private func configuration(_ idleTimeout: Duration?) -> ConnectionConfiguration {
    var configuration = ConnectionConfiguration()
    configuration.idleTimeout = idleTimeout
    return configuration
  }

  @Test func `an idle client gets the notice, and after its PING's answer GOAWAY with the reason`() throws {
    let end = try EmbeddedEnd.readyServer(configuration(.seconds(100)))
    end.advance(.seconds(99))
    #expect(end.frames() == [])
    end.advance(.seconds(1))
    let notice = end.frames()
    #expect(notice.map(\.kind) == [.goaway, .ping])
    end.receive(Frame(.ping, flags: Frame.ack, payload: notice[1].payload))
    let goaway = try #require(end.frames().first)
    #expect(goaway.kind == .goaway && goaway.payload.suffix(8).elementsEqual("max_idle".utf8))
    #expect(end.owner.connection?.state.phase.isReceiving != true)
  }

  @Test func `a call that crosses the notice is served to its end`() throws {
    let end = try EmbeddedEnd.readyServer(configuration(.seconds(100)))
    end.advance(.seconds(100))
    let notice = end.frames()
    end.receive(.headers(1, grpcRequest("/s/m")))
    end.receive(Frame(.ping, flags: Frame.ack, payload: notice[1].payload))
    #expect(end.owner.calls.count == 1)
    #expect(end.owner.connection?.state.phase.isReceiving == true)
    end.advance(.seconds(1_000))
    #expect(end.owner.connection?.state.phase.isReceiving == true)
  }

  @Test func `a client that does not answer the PING is closed anyway`() throws {
    let end = try EmbeddedEnd.readyServer(configuration(.seconds(100)))
    end.advance(.seconds(100))
    _ = end.frames()
    end.advance(TimeAmount(ConnectionConfiguration().flushTimeout))
    _ = end.frames()
    #expect(end.owner.connection?.state.phase.isReceiving != true)
  }

  @Test func `nil keeps idle connections, and an hour is the default`() throws {
    #expect(ConnectionConfiguration().idleTimeout == .seconds(3600))
    let end = try EmbeddedEnd.readyServer(configuration(nil))
    end.advance(.hours(100))
    #expect(end.frames() == [])
  }

  @Test func `a client keeps its connection`() throws {
    let end = try EmbeddedEnd.readyClient(configuration(.seconds(100)))
    end.advance(.hours(100))
    #expect(end.frames() == [])
  }

  @Test(arguments: [Duration.zero, .seconds(-1)])
  func `a time that is not positive is refused`(timeout: Duration) {
    let error = #expect(throws: TransportError.self) { try configuration(timeout).validate() }
    #expect(error?.message.hasPrefix("idleTimeout is ") == true)
  }
}
