// Tasks that inherit the task-locals of the task that runs a server.
import FreshetCore
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import FreshetTransport

@Suite(.timeLimit(.minutes(5))) struct TaskSourceTests {
  @TaskLocal private static var run = "none"

  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  private var executor: LoopExecutor { LoopExecutor.of(group.any()) }

  /// Records in which run's task it runs, after its wait.
  private final class Work: LoopWork, @unchecked Sendable {
    let body: @Sendable () async -> Void
    let done = Signal<(run: String, deadline: Deadline?, task: Task<Void, Never>)>()
    init(_ body: @escaping @Sendable () async -> Void = {}) { self.body = body }
    override func run(in task: Task<Void, Never>) async {
      await body()
      done.set((TaskSourceTests.run, Deadline.current, task))
    }
  }

  private func sources(_ name: String) -> TaskSources { Self.$run.withValue(name) { TaskSources(for: group) } }

  /// Starts the work in one turn of the loop, each piece in its own queue.
  private func start(_ works: [(Work, TaskSources?)]) {
    let executor = executor
    executor.run {
      for (work, sources) in works {
        let line = WorkQueue()
        line.source = sources?.source(for: executor)
        executor.start(work, in: line)
      }
    }
  }

  private func withUser(_ body: () async throws -> Void) async throws {
    let executor = executor
    await executor.call { executor.connectionOpened() }
    try await body()
    await executor.call { executor.connectionClosed() }
    try await group.shutdownGracefully()
  }

  @Test func `work has the task-locals of its own run, even in reused tasks`() async throws {
    try await withUser {
      let one = sources("one"), other = sources("other")
      for _ in 0..<3 {
        let works = (0..<300).map { number in (Work(), [one, other, nil][number % 3]) }
        start(works)
        for (number, (work, _)) in works.enumerated() {
          let run = try await work.done.value().run
          #expect(run == ["one", "other", "none"][number % 3])
        }
      }
      one.end()
      other.end()
    }
  }

  @Test func `suspended work has tasks of its run, too, and they are reused`() async throws {
    try await withUser {
      let sources = sources("one"), go = Signal<Void>()
      let waiting = (0..<10).map { _ in Work { try? await go.value() } }
      start(waiting.map { ($0, sources) } + [(Work { go.set() }, nil)])
      var tasks: Set<Task<Void, Never>> = []
      for work in waiting {
        let (run, _, task) = try await work.done.value()
        #expect(run == "one")
        tasks.insert(task)
      }
      #expect(tasks.count == 10)
      let next = Work()
      start([(next, sources)])
      let task = try await next.done.value().task
      #expect(tasks.contains(task))
      sources.end()
    }
  }

  @Test func `a source used in the turn in which it starts creates no task without its task-locals`()
    async throws
  {
    try await withUser {
      let executor = executor, group = group
      let works = (0..<10).map { _ in Work() }
      let sources = await executor.call {
        let sources = Self.$run.withValue("one") { TaskSources(for: group) }
        for work in works {
          let line = WorkQueue()
          line.source = sources.source(for: executor)
          executor.start(work, in: line)
        }
        return sources
      }
      defer { sources.end() }
      for work in works {
        let run = try await work.done.value().run
        #expect(run == "one")
      }
    }
  }

  @Test func `a deadline around the run does not apply to its work`() async throws {
    try await withUser {
      let group = group
      let sources = await withDeadline(.after(.seconds(60))) { TaskSources(for: group) }
      let work = Work()
      start([(work, sources)])
      let deadline = try await work.done.value().deadline
      #expect(deadline == nil)
      sources.end()
    }
  }

  @Test func `when a run is over its tasks end, and late work still runs`() async throws {
    try await withUser {
      let sources = sources("one"), work = Work(), late = Work()
      start([(work, sources)])
      let task = try await work.done.value().task
      sources.end()
      await task.value
      start([(late, sources)])
      let run = try await late.done.value().run
      #expect(run == "none")
    }
  }

  @Test func `a loop that was shut down has no source`() async throws {
    let executor = executor
    await executor.call {}
    try await group.shutdownGracefully()
    let sources = sources("one")
    #expect(sources.source(for: executor) == nil)
    sources.end()
  }
}
