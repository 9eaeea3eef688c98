// The timers of a loop with a manual clock.
import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import FreshetTransport

private final class Target: TimerTarget {
  private(set) var count = 0
  var then: () -> Void = {}
  func timerFired() {
    count += 1
    then()
  }
}

/// Fires timers like an executor: in turns, with a pause after each that left some.
private final class Turns: TimerHost {
  private let timers: LoopTimers
  private let loop: EmbeddedEventLoop
  private(set) var count = 0

  init(_ timers: LoopTimers, on loop: EmbeddedEventLoop) {
    self.timers = timers
    self.loop = loop
    timers.host = self
  }

  func timersAreDue() {
    count += 1
    timers.fire()
    if timers.areDue { loop.scheduleTask(in: LoopExecutor.pause) { self.timersAreDue() } }
  }
}

@Suite struct LoopTimersTests {
  private let loop = EmbeddedEventLoop()
  private let timers: LoopTimers
  private let turns: Turns

  init() {
    timers = LoopTimers(loop: loop)
    turns = Turns(timers, on: loop)
  }

  /// A loop that has a timer is never released.
  private func shutDown() { try? loop.syncShutdownGracefully() }

  private func set(_ target: Target, in time: TimeAmount) -> TimerID {
    timers.set(target, at: loop.now + time, now: loop.now)
  }

  /// One tick, the maximum delay of a timer.
  private static let tick = TimeAmount.nanoseconds(1 << 20)

  @Test(
    arguments: [
      0, 1, 999_999, 1 << 20, 50_000_000, 67_108_864, 60_000_000_000, 3_600_000_000_001, 31_536_000_000_000_000,
    ] as [Int64])
  func `a timer fires once, not early, and at most a tick late`(nanoseconds: Int64) {
    for begin in [0, 1, 1_234_567_890_123] as [Int64] {
      let loop = EmbeddedEventLoop(), timers = LoopTimers(loop: loop), target = Target()
      let turns = Turns(timers, on: loop)
      defer { withExtendedLifetime(turns) {} }
      loop.advanceTime(by: .nanoseconds(begin))
      _ = timers.set(target, at: loop.now + .nanoseconds(nanoseconds), now: loop.now)
      if nanoseconds > 0 {
        loop.advanceTime(by: .nanoseconds(nanoseconds - 1))
        #expect(target.count == 0)
        loop.advanceTime(by: .nanoseconds(1))
      }
      loop.advanceTime(by: Self.tick)
      #expect(target.count == 1)
      loop.advanceTime(by: .hours(1))
      #expect(target.count == 1)
    }
  }

  @Test func `a passed deadline does not wait for a tick`() {
    defer { shutDown() }
    let now = Target(), before = Target(), soon = Target()
    loop.advanceTime(by: .nanoseconds(1_234_567_890_123))
    _ = set(now, in: .zero)
    _ = set(before, in: .seconds(-1))
    _ = set(soon, in: .nanoseconds(1))
    loop.run()
    #expect(now.count == 1 && before.count == 1 && soon.count == 0)
  }

  @Test func `the furthest possible deadline is accepted`() {
    defer { shutDown() }
    let target = Target()
    let id = timers.set(target, at: .distantFuture, now: loop.now)
    loop.advanceTime(by: .hours(24 * 365))
    #expect(target.count == 0)
    timers.cancel(id)
  }

  @Test func `a cancelled timer does not fire, and cancelling twice is harmless`() {
    defer { shutDown() }
    let first = Target(), second = Target()
    let id = set(first, in: .milliseconds(10))
    timers.cancel(id)
    _ = set(second, in: .milliseconds(10))
    timers.cancel(id)
    loop.advanceTime(by: .seconds(1))
    #expect(first.count == 0 && second.count == 1)
  }

  @Test func `an earlier timer does not wait for a later one`() {
    defer { shutDown() }
    let late = Target(), soon = Target(), soonest = Target()
    _ = set(late, in: .hours(1))
    _ = set(soon, in: .seconds(1))
    _ = set(soonest, in: .milliseconds(3))
    loop.advanceTime(by: .milliseconds(5))
    #expect(soonest.count == 1 && soon.count == 0)
    loop.advanceTime(by: .seconds(1))
    #expect(soon.count == 1 && late.count == 0)
    loop.advanceTime(by: .hours(1))
    #expect(late.count == 1)
  }

  @Test func `a loop whose timers were cancelled is called at most once more`() {
    defer { shutDown() }
    for _ in 0..<1_000 {
      timers.cancel(set(Target(), in: .seconds(60)))
      loop.advanceTime(by: .milliseconds(1))
    }
    #expect(timers.armCount == 1)
    loop.advanceTime(by: .hours(1))
    #expect(timers.armCount == 1)
  }

  @Test func `calls of a minute's deadline that come and go for two minutes need NIO's timer a few times`() {
    defer { shutDown() }
    var running: [TimerID] = []
    for _ in 0..<120_000 {
      running.append(set(Target(), in: .seconds(60)))
      if running.count > 10 { timers.cancel(running.removeFirst()) }
      loop.advanceTime(by: .milliseconds(1))
    }
    #expect((2...10).contains(timers.armCount))
  }

  @Test func `timers can be set and cancelled while others fire`() {
    defer { shutDown() }
    let first = Target(), again = Target(), victim = Target(), later = Target()
    var victimID: TimerID?
    first.then = { [timers, loop, unowned first] in
      if first.count == 1 {
        _ = timers.set(again, at: loop.now - .seconds(1), now: loop.now)
        _ = timers.set(later, at: loop.now + .milliseconds(20), now: loop.now)
        if let victimID { timers.cancel(victimID) }
      }
    }
    _ = set(first, in: .milliseconds(100))
    victimID = set(victim, in: .milliseconds(101))
    loop.advanceTime(by: .milliseconds(110))
    #expect(first.count == 1 && again.count == 1 && victim.count == 0 && later.count == 0)
    loop.advanceTime(by: .milliseconds(20))
    #expect(later.count == 1)
  }

  @Test func `a timer that always sets itself again does not block the loop`() {
    defer { shutDown() }
    let target = Target()
    target.then = { [timers, loop, unowned target] in
      if target.count < 5 { _ = timers.set(target, at: loop.now, now: loop.now) }
    }
    _ = set(target, in: .milliseconds(1))
    timers.handleScheduledCallback(eventLoop: loop)  // not due yet
    #expect(target.count == 0)
    loop.advanceTime(by: .milliseconds(10))
    #expect(target.count == 5)
  }

  @Test
  func
    `timers that are due together fire for a while, then the loop has its turn, and so on in the order of their ticks`()
  {
    let loop = EmbeddedEventLoop()
    var clock = NIODeadline.uptimeNanoseconds(0)
    let timers = LoopTimers(loop: loop, maxTurn: .milliseconds(1), clock: { clock })
    let turns = Turns(timers, on: loop)
    defer { withExtendedLifetime(turns) {} }
    let count = 18_000, deadline = loop.now + .nanoseconds(57_220 << 20)  // about a minute
    var fired: [Int] = []
    let set = { (number: Int, time: NIODeadline) in
      let target = Target()
      target.then = {
        clock = clock + .microseconds(50)
        fired.append(number)
      }
      return timers.set(target, at: time, now: loop.now)
    }
    let ids = (0..<count).map { set($0, deadline + (Self.tick * ($0 % 3))) }
    loop.advanceTime(to: deadline)
    #expect(fired.count == 20)
    loop.advanceTime(by: .microseconds(99))
    #expect(fired.count == 20)
    loop.advanceTime(by: .microseconds(1))
    #expect(fired.count == 40)
    // Meanwhile they can be cancelled, and sooner ones come first.
    timers.cancel(ids[2])
    _ = set(count, loop.now)
    loop.advanceTime(by: .seconds(10))
    #expect(fired.count == count)
    #expect(fired.firstIndex(of: count) ?? count <= count / 3 + 1 && !fired.contains(2))
    let ticks = fired.filter { $0 < count }.map { $0 % 3 }
    #expect(ticks == ticks.sorted())
    try? loop.syncShutdownGracefully()
  }

  @Test func `moving timers that are not due yet is bounded per turn`() {
    let loop = EmbeddedEventLoop()
    var clock = NIODeadline.uptimeNanoseconds(0)
    let timers = LoopTimers(
      loop: loop, maxTurn: .milliseconds(1),
      clock: {
        clock = clock + .microseconds(100)  // a check is a step
        return clock
      })
    let turns = Turns(timers, on: loop)
    let deadline = loop.now + .nanoseconds(57_220 << 20), target = Target()
    for _ in 0..<10_000 { _ = timers.set(target, at: deadline, now: loop.now) }
    var before = 0
    while target.count == 0 {
      loop.advanceTime(by: .milliseconds(10))
      #expect(turns.count <= before + 101)  // one each 100 µs
      before = turns.count
    }
    #expect(loop.now >= deadline)
    #expect(turns.count > 10_000 / 64 / 10)
    loop.advanceTime(by: .seconds(10))
    #expect(target.count == 10_000)
    try? loop.syncShutdownGracefully()
  }

  @Test func `a timer retains its target until it fires or is cancelled`() {
    defer { shutDown() }
    weak var fired: Target?, cancelled: Target?
    var id: TimerID?
    do {
      let one = Target(), other = Target()
      (fired, cancelled) = (one, other)
      _ = set(one, in: .milliseconds(5))
      id = set(other, in: .milliseconds(5))
    }
    #expect(fired != nil && cancelled != nil)
    if let id { timers.cancel(id) }
    #expect(cancelled == nil)
    loop.advanceTime(by: .milliseconds(10))
    #expect(fired == nil)
  }
}

/// Separate from the others, whose loop belongs to one thread.
@Suite struct LoopTimersOnRealLoopsTests {
  @Test func `a loop that shuts down releases its timers' targets`() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    let kept = try await loop.submit { () -> Kept in
      let timers = LoopExecutor.of(loop).timers, target = Target(), kept = Kept()
      kept.target = target
      _ = timers.set(target, at: loop.now + .hours(1), now: loop.now)
      kept.timers = timers
      return kept
    }.get()
    #expect(kept.target != nil)
    try await group.shutdownGracefully()
    #expect(kept.target == nil)
  }

  // SAFETY: written on the loop, read before it has anything else to do and after its end.
  private final class Kept: @unchecked Sendable {
    weak var target: Target?
    var timers: LoopTimers?
  }

  @Test func `on a real loop deadlines pass, and none too early`() async throws {
    let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())
    let fired = EventLog<Int>()
    executor.loop.execute {
      let now = executor.now
      for milliseconds in [40, 1, 0, 200, 90] {
        let target = Target(), deadline = now + .milliseconds(Int64(milliseconds))
        target.then = { fired.record(NIODeadline.now() < deadline ? -1 : milliseconds) }
        _ = executor.timers.set(target, at: deadline, now: now)
      }
    }
    var seen: Set<Int> = []
    for _ in 0..<5 { seen.insert(try await fired.next("a timer fires")) }
    #expect(seen == [0, 1, 40, 90, 200])
  }
}
