// The order of work.
import Testing

@testable import FreshetTransport

@Suite struct WorkQueueTests {
  private final class Work: LoopWork {
    let name: String
    init(_ name: String) { self.name = name }
  }

  private func drain(_ turns: inout WorkTurns, most: Int = .max) -> [String] {
    var names: [String] = []
    while names.count < most, let work = turns.popFirst() as? Work { names.append(work.name) }
    return names
  }

  @Test func `the queues take turns, and each keeps its order`() {
    var turns = WorkTurns()
    let busy = WorkQueue(), calm = WorkQueue(), last = WorkQueue()
    for number in 0..<4 { turns.add(Work("busy \(number)"), to: busy) }
    turns.add(Work("calm 0"), to: calm)
    turns.add(Work("calm 1"), to: calm)
    turns.add(Work("last 0"), to: last)
    #expect(drain(&turns) == ["busy 0", "calm 0", "last 0", "busy 1", "calm 1", "busy 2", "busy 3"])
    let isEmpty = turns.isEmpty
    #expect(isEmpty)
  }

  @Test func `a queue that was empty comes after those that wait`() {
    var turns = WorkTurns()
    let one = WorkQueue(), other = WorkQueue()
    turns.add(Work("one 0"), to: one)
    #expect(drain(&turns) == ["one 0"])
    turns.add(Work("other 0"), to: other)
    turns.add(Work("one 1"), to: one)
    turns.add(Work("other 1"), to: other)
    #expect(drain(&turns) == ["other 0", "one 1", "other 1"])
  }

  @Test func `unneeded work leaves its queue, and the rest keeps its order`() {
    var turns = WorkTurns()
    let line = WorkQueue()
    turns.pause(line)
    for number in 0..<6 { turns.add(Work("\(number)"), to: line) }
    line.removeAll { ["0", "2", "3", "5"].contains(($0 as? Work)?.name) }
    #expect(line.count == 2)
    turns.add(Work("6"), to: line)
    turns.resume(line)
    #expect(drain(&turns) == ["1", "4", "6"])
    turns.pause(line)
    turns.add(Work("7"), to: line)
    line.removeAll { _ in true }
    turns.resume(line)
    #expect(drain(&turns) == [] && line.count == 0)
  }

  @Test func `a paused queue yields nothing, and continues where it was when resumed`() {
    var turns = WorkTurns()
    let paused = WorkQueue(), other = WorkQueue()
    turns.add(Work("paused 0"), to: paused)
    turns.add(Work("paused 1"), to: paused)
    #expect(drain(&turns, most: 1) == ["paused 0"])
    turns.pause(paused)
    turns.add(Work("paused 2"), to: paused)
    turns.add(Work("other 0"), to: other)
    #expect(drain(&turns) == ["other 0"])
    turns.resume(paused)
    turns.resume(paused)
    #expect(drain(&turns) == ["paused 1", "paused 2"])
    turns.pause(paused)
    turns.resume(paused)
    let isEmpty = turns.isEmpty
    #expect(isEmpty)
  }

  @Test func `work that is never run is released with its queue`() {
    weak var paused: Work?, waiting: Work?
    do {
      var turns = WorkTurns()
      let line = WorkQueue(), made = Work("x")
      paused = made
      turns.add(made, to: line)
      turns.pause(line)
      #expect(drain(&turns) == [])
      let others = [Work("y"), Work("z")]
      waiting = others[1]
      for work in others { turns.add(work, to: WorkQueue()) }
    }
    #expect(paused == nil && waiting == nil)
  }
}
