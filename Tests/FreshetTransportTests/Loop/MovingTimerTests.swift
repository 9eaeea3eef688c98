// A timer that moves, on an event loop whose clock the test drives.
import NIOCore
import NIOEmbedded
import Testing

@testable import FreshetTransport

@Suite struct MovingTimerTests {
  /// Counts how often the time was over, and how often the loop's timer fired.
  private final class Owner {
    let loop = EmbeddedEventLoop()
    let executor: LoopExecutor
    var timer = MovingTimer()
    var overs = 0
    var fires = 0

    init() { executor = LoopExecutor(loop: loop) }

    func set(in time: TimeAmount) { timer.set(to: loop.now + time, on: executor) { [self] in fired() } }

    private func fired() {
      fires += 1
      if timer.fired(on: executor, { [self] in fired() }) { overs += 1 }
    }
  }

  @Test func `a time is over once, and not before`() {
    let owner = Owner()
    owner.set(in: .seconds(5))
    owner.loop.advanceTime(by: .milliseconds(4_999))
    #expect(owner.overs == 0)
    owner.loop.advanceTime(by: .milliseconds(1))
    #expect(owner.overs == 1)
    owner.loop.advanceTime(by: .seconds(100))
    #expect(owner.overs == 1 && owner.fires == 1)
  }

  @Test func `moving it later schedules nothing`() {
    let owner = Owner()
    for _ in 0..<4 {
      owner.set(in: .seconds(5))
      owner.loop.advanceTime(by: .seconds(1))
    }
    #expect(owner.fires == 0)
    owner.loop.advanceTime(by: .milliseconds(3_999))
    #expect(owner.fires == 1 && owner.overs == 0)
    owner.loop.advanceTime(by: .milliseconds(1))
    #expect(owner.fires == 2 && owner.overs == 1)
  }

  @Test func `it moves earlier, too`() {
    let owner = Owner()
    owner.set(in: .seconds(50))
    owner.set(in: .seconds(1))
    owner.loop.advanceTime(by: .seconds(1))
    #expect(owner.overs == 1)
    owner.loop.advanceTime(by: .seconds(100))
    #expect(owner.overs == 1)
  }

  @Test func `a time that no longer matters is never over, and another may be set`() {
    let owner = Owner()
    owner.set(in: .seconds(5))
    owner.timer.clear()
    owner.loop.advanceTime(by: .seconds(10))
    #expect(owner.overs == 0)
    owner.set(in: .seconds(5))
    owner.timer.clear()
    owner.set(in: .seconds(7))
    owner.loop.advanceTime(by: .seconds(6))
    #expect(owner.overs == 0)
    owner.loop.advanceTime(by: .seconds(1))
    #expect(owner.overs == 1)
    owner.set(in: .seconds(5))
    owner.timer.cancel()
    owner.loop.advanceTime(by: .seconds(10))
    #expect(owner.overs == 1)
  }
}
