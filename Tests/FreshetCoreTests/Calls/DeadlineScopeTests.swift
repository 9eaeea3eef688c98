// For how long a deadline is inherited, and by which tasks.
import FreshetCore
import TestSupport
import Testing

@Suite("DeadlineScope")
struct DeadlineScopeTests {
  private let early = Deadline(uptimeNanoseconds: 5), late = Deadline(uptimeNanoseconds: 9)

  @Test func `The current deadline is the body's and its children's, and gone after it`() async {
    #expect(Deadline.current == nil)
    await withDeadline(early) {
      async let inherited = Deadline.current
      let grouped = await withTaskGroup(of: Deadline?.self) { group in
        group.addTask { Deadline.current }
        return await group.next() ?? nil
      }
      #expect(await inherited == early && grouped == early && Deadline.current == early)
    }
    #expect(Deadline.current == nil)
  }

  @Test func `A started task inherits the deadline until the body has ended, a detached one never`()
    async throws
  {
    let isOver = Signal<Void>(), early = early
    let (started, detached) = try await withDeadline(early) {
      let within = Signal<Deadline?>()
      let started = Task {
        within.set(Deadline.current)
        try await isOver.value()
        return Deadline.current
      }
      let detached = Task.detached { Deadline.current }
      let seen = try await within.value()
      #expect(seen == early)
      return (started, detached)
    }
    isOver.set()
    #expect(try await started.value == nil)
    #expect(await detached.value == nil)
  }

  @Test func `A throwing body has ended as well`() async throws {
    struct Odd: Error {}
    let isOver = Signal<Void>(), started = Signal<Task<Deadline?, any Error>>(), early = early
    await #expect(throws: Odd.self) {
      try await withDeadline(early) {
        started.set(
          Task {
            try await isOver.value()
            return Deadline.current
          })
        throw Odd()
      }
    }
    isOver.set()
    #expect(try await started.value().value == nil)
  }

  @Test func `Of nested deadlines the earliest counts`() async {
    for (outer, inner) in [(early, late), (late, early)] {
      await withDeadline(outer) {
        await withDeadline(inner) { #expect(Deadline.current == early) }
        #expect(Deadline.current == outer)
      }
    }
  }

  @Test
  func `A task that outlives the outer body keeps its own deadline, and the outer one where its own has ended first`() {
    let outer = DeadlineScope(early), inner = DeadlineScope(late, within: outer),
      innermost = DeadlineScope(early, within: inner)
    Deadline.$scope.withValue(innermost) {
      #expect(Deadline.current == early)
      innermost.end()
      #expect(Deadline.current == early)
      outer.end()
      #expect(Deadline.current == late)
      inner.end()
      #expect(Deadline.current == nil)
    }
  }

  @Test func `A chain of tasks, each started within the deadline of the last, retains no scope that has ended`() {
    weak var first: DeadlineScope?
    var last: DeadlineScope?
    for round in 0..<100_000 {
      let scope = DeadlineScope(late, within: last)
      if round == 0 { first = scope }
      last?.end()
      last = DeadlineScope(early, within: scope)
      scope.end()
    }
    let next = DeadlineScope(early, within: last)
    last?.end()
    last = nil
    #expect(first == nil)
    Deadline.$scope.withValue(next) { #expect(Deadline.current == early) }
  }

  @Test func `The body's error and isolation are preserved`() async {
    actor Counter {
      var count = 0
      func run(_ deadline: Deadline) async throws(RPCError) -> Int {
        try await withDeadline(deadline) { () throws(RPCError) in
          count += 1  // on the actor
          if Deadline.current != deadline { throw RPCError(code: .internal, message: "not inherited") }
          return count
        }
      }
    }
    let counter = Counter()
    #expect(try! await counter.run(early) == 1)
  }
}
