// When a peer's burdens are reported, and when they are too many.
import FreshetHTTP
import NIOCore
import Testing

@testable import FreshetHTTP2

/// A guard behind a reference, since `#expect` cannot call mutating methods.
private final class Held {
  private(set) var floods: FloodGuard
  init(_ limits: FloodLimits) { floods = FloodGuard(limits) }
  var counts: BurdenCounts { floods.counts }
  var flood: Burden? { floods.flood?.0 }
  func receive(_ burden: Burden, now: NIODeadline) -> FloodGuard.OnBurden { floods.receive(burden, now: now) }
  func end(_ burden: Burden) { floods.end(burden, "floods.x") }
  func sendFrame() { floods.sendFrame() }
}

@Suite struct FloodGuardTests {
  private let now = NIODeadline.uptimeNanoseconds(1)

  private func guarded(burst: Int, perSentFrame: Int = 10) -> Held {
    var limits = FloodLimits()
    limits.frameBurst = burst
    limits.framesPerSentFrame = perSentFrame
    return Held(limits)
  }

  @Test func `frames are counted by kind; half of the budget is reported once, all of it ends the session`() {
    let floods = guarded(burst: 10)
    var answers: [FloodGuard.OnBurden] = []
    for _ in 0..<11 { answers.append(floods.receive(.pings, now: now)) }
    #expect(answers == Array(repeating: .bear, count: 5) + [.tell] + Array(repeating: .bear, count: 4) + [.end])
    #expect(floods.counts[.pings] == 11)
    #expect(floods.flood == .pings)
    #expect("\(floods.counts)" == "pings=11")
  }

  @Test func `CVE-2025-8671: broken streams are bounded like resets, whatever they have earned`() {
    var limits = FloodLimits()
    limits.resetBurst = 20
    limits.resetsPerSecond = 10
    let floods = Held(limits)
    for _ in 0..<20 {
      for _ in 0..<5 { floods.sendFrame() }
      #expect(floods.receive(.brokenStreams, now: now) != .end)
    }
    #expect(floods.receive(.brokenStreams, now: now) == .end)
  }

  @Test func `after the end everything is counted and nothing tolerated`() {
    let floods = guarded(burst: 1)
    floods.end(.largeHeaders)
    #expect(floods.receive(.settings, now: now) == .end)
    #expect(floods.flood == .largeHeaders)
    #expect(floods.counts.nonZero.map(\.burden) == [.settings])
  }

  @Test(arguments: [Burden.refusedStreams, .brokenStreams, .largeHeaders, .openHeaders])
  func `what a well-behaved peer never does is reported the first time`(_ burden: Burden) {
    let floods = guarded(burst: 1_000)
    #expect(floods.receive(burden, now: now) == .tell)
    #expect(floods.receive(burden, now: now) == .bear)
  }

  @Test func `SETTINGS and broken streams cost ten`() {
    for burden in [Burden.settings, .brokenStreams] {
      let floods = guarded(burst: 20)
      #expect(floods.receive(burden, now: now) != .end)
      #expect(floods.receive(burden, now: now) != .end)
      #expect(floods.receive(burden, now: now) == .end)
    }
  }

  @Test(arguments: [Burden.largeHeaders, .unreadStreams, .fullSockets, .openHeaders])
  func `burdens bounded elsewhere cost nothing here`(_ burden: Burden) {
    let floods = guarded(burst: 1)
    for _ in 0..<100 { #expect(floods.receive(burden, now: now) != .end) }
  }

  @Test func `a peer may send ten frames for each that it is sent`() {
    let floods = guarded(burst: 10)
    for _ in 0..<1_000 {
      for _ in 0..<10 { #expect(floods.receive(.windowUpdates, now: now) != .end) }
      floods.sendFrame()
    }
    for _ in 0..<10 { #expect(floods.receive(.windowUpdates, now: now) == .bear) }
    #expect(floods.receive(.windowUpdates, now: now) == .end)
  }
}
