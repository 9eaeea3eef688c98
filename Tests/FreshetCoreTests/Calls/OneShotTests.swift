// A value that is set once, and its waiters.
import Synchronization
import Testing

@testable import FreshetCore

@Suite(.timeLimit(.minutes(5))) struct OneShotTests {
  @Test func `an existing value is returned at once, and the first one counts`() async {
    let shot = OneShot<Int>()
    shot.set(1)
    shot.set(2)
    #expect(await shot.wait() == 1)
    #expect(await shot.wait() == 1)
  }

  @Test func `many waiters all get the value`() async {
    let shot = OneShot<Int>()
    let sum = await withTaskGroup { group in
      for _ in 0..<1_000 { group.addTask { await shot.wait() ?? 0 } }
      group.addTask {
        await Task.yield()
        shot.set(3)
        return 0
      }
      return await group.reduce(0, +)
    }
    #expect(sum == 3_000)
  }

  @Test func `a waiter that is cancelled gets nil, the others the value`() async {
    let shot = OneShot<Int>()
    let cancelled = (0..<200).map { _ in Task { await shot.wait() } }
    let others = (0..<200).map { _ in Task { await shot.wait() } }
    for task in cancelled { task.cancel() }
    for task in cancelled { #expect(await task.value == nil) }
    shot.set(4)
    for task in others { #expect(await task.value == 4) }
  }

  @Test func `cancellations that race with the value resume each waiter once`() async {
    for round in 0..<200 {
      let shot = OneShot<Int>()
      let tasks = (0..<10).map { _ in Task { await shot.wait() } }
      let canceller = Task.detached { for task in tasks { task.cancel() } }
      for _ in 0..<(round % 5) { await Task.yield() }
      shot.set(1)
      for task in tasks {
        let value = await task.value
        #expect(value == nil || value == 1)
      }
      await canceller.value
    }
  }

  @Test func `a task cancelled before it waits gets nil, or an existing value`() async {
    let shot = OneShot<Int>()
    let gate = OneShot<Void>()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      _ = await gate.wait()
      return await shot.wait()
    }
    task.cancel()
    #expect(await task.value == nil)
    let full = OneShot<Int>()
    full.set(5)
    let other = Task {
      while !Task.isCancelled { await Task.yield() }
      return await full.wait()
    }
    other.cancel()
    #expect(await other.value == 5)
  }

  @Test func `a value is not retained by its waiters`() async {
    final class Thing: Sendable {}
    weak var thing: Thing?
    do {
      let shot = OneShot<Thing>()
      let made = Thing()
      thing = made
      shot.set(made)
      _ = await shot.wait()
    }
    #expect(thing == nil)
  }
}
