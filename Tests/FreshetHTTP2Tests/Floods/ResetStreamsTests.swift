// What is remembered about reset streams.
import FreshetHTTP
import Testing

@testable import FreshetHTTP2

@Suite struct ResetStreamsTests {
  @Test func `reset streams are known, and the side; others are not`() {
    var resets = ResetStreams()
    #expect(resets.trace(of: 1) == .none)
    resets.resetByUs(1, roomBytes: 10)
    resets.resetByPeer(3)
    #expect([1, 3, 5].map { resets.trace(of: $0) } == [.byUs, .byPeer, .none])
  }

  @Test(
    arguments: [
      (.byUs, "us", .byUs), (.byUs, "peer", .byPeer), (.byUs, "end", .ended), (.byPeer, "us", .byPeer),
      (.byPeer, "peer", .byPeer),
      (.byPeer, "answer", .byUs), (.ended, "us", .ended), (.ended, "peer", .byPeer),
    ] as [(ResetStreams.Trace, String, ResetStreams.Trace)])
  func `later events count: the peer's end is final, until it was answered`(
    _ first: ResetStreams.Trace, _ event: String, _ expected: ResetStreams.Trace
  ) {
    var resets = ResetStreams()
    switch first {
    case .byUs: resets.resetByUs(7, roomBytes: 1)
    case .byPeer: resets.resetByPeer(7)
    case .ended: resets.end(7)
    case .forgotten, .none: break
    }
    switch event {
    case "us": resets.resetByUs(7, roomBytes: 1)
    case "peer": resets.resetByPeer(7)
    case "end": resets.end(7)
    default: resets.answer(7)
    }
    #expect(resets.trace(of: 7) == expected)
  }

  @Test func `a stream that this side reset has the room of its window, once`() {
    var resets = ResetStreams()
    resets.resetByUs(1, roomBytes: 100)
    resets.resetByUs(1, roomBytes: 100)
    let taken = [resets.takeRoom(1, 60), resets.takeRoom(1, 40), resets.takeRoom(1, 1), resets.takeRoom(1, 0)]
    #expect(taken == [true, true, false, false])
    let others = [resets.takeRoom(3, 0), resets.takeRoom(1, .max)]
    #expect(others == [false, false])
  }

  @Test func `memory is constant: the latest are known, older ones may have been reset`() {
    var resets = ResetStreams()
    let ids = (0..<1_000).map { Int32(2 * $0 + 1) }
    for id in ids { resets.resetByUs(id, roomBytes: 1) }
    let traces = ids.map { resets.trace(of: $0) }
    #expect(traces.suffix(ResetStreams.maxCount).allSatisfy { $0 == .byUs })
    #expect(traces.dropLast(ResetStreams.maxCount).allSatisfy { $0 == .forgotten })
    #expect(resets.trace(of: ids[999] + 2) == .none)
    #expect(MemoryLayout.size(ofValue: resets) <= 16)
  }
}
