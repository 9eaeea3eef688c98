// The sequence of a graceful close, by table.
import Testing

@testable import FreshetTransport

@Suite struct DrainTests {
  @Test func `S15: notice and PING, then GOAWAY at the PING's answer, each once`() {
    var drain = Drain.serving
    #expect(drain.receivePingAck(Drain.pingPayload) == .ignore)
    #expect(drain.begin() == .sendNoticeAndPing)
    #expect(drain.begin() == .ignore)
    #expect(drain.receivePingAck(1) == .ignore)
    #expect(drain.receivePingAck(Drain.pingPayload) == .sendGoaway)
    #expect(drain.receivePingAck(Drain.pingPayload) == .ignore)
    #expect(drain.begin() == .ignore)
  }
}
