// Work that shares tasks.
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import FreshetTransport

@Suite(.timeLimit(.minutes(5))) struct TaskPoolTests {
  /// Its own, so that other tests' work on the loop takes none of its tasks.
  private let executor = LoopExecutor(loop: MultiThreadedEventLoopGroup.singleton.next())
  // SAFETY: used on the executor's loop only.
  private nonisolated(unsafe) let line = WorkQueue()

  /// Runs `body`, and then records its task.
  private final class Work: LoopWork, @unchecked Sendable {
    let body: @Sendable () async -> Void
    let done = Signal<Task<Void, Never>>()
    init(_ body: @escaping @Sendable () async -> Void = {}) { self.body = body }
    override func run(in task: Task<Void, Never>) async {
      await body()
      done.set(task)
    }
  }

  /// Starts all of them in one turn of a loop that has a user meanwhile.
  private func run(_ works: [Work]) async throws -> [Task<Void, Never>] {
    let executor = executor
    executor.run {
      executor.connectionOpened()
      for work in works { executor.start(work, in: line) }
    }
    var tasks: [Task<Void, Never>] = []
    for work in works { tasks.append(try await work.done.value()) }
    executor.run { executor.connectionClosed() }
    return tasks
  }

  @Test func `work that does not suspend shares one task, however much there is`() async throws {
    let tasks = try await run((0..<1_000).map { _ in Work() })
    #expect(Set(tasks).count == 1)
  }

  @Test func `work runs on the loop, in order, and in the task that it is given`() async throws {
    let executor = executor, order = Order()
    let works = (0..<100).map { number in
      Work {
        #expect(executor.isCurrent)
        order.add(number)
      }
    }
    _ = try await run(works)
    #expect(order.all == Array(0..<100))
  }

  @Test func `suspended work delays no other, and has its own task meanwhile`() async throws {
    let go = Signal<Void>()
    let waiting = (0..<10).map { _ in Work { try? await go.value() } }
    let last = Work { go.set() }
    let tasks = try await run(waiting + [last])
    #expect(Set(tasks).count == 11)
  }

  @Test func `a cancelled task runs nothing more`() async throws {
    let cancelled = Work { withUnsafeCurrentTask { $0?.cancel() } }
    let next = Work { #expect(!Task.isCancelled) }
    let tasks = try await run([cancelled, next])
    #expect(tasks[0].isCancelled)
    #expect(!tasks[1].isCancelled)
  }

  @Test func `work started by other work runs next, in the same task`() async throws {
    let executor = executor
    let inner = Work()
    let outer = Work { executor.start(inner, in: line) }
    let tasks = try await run([outer])
    #expect(try await inner.done.value() == tasks[0])
  }

  @Test func `without connections the loop's tasks end, and the executor is released`() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    weak var weakExecutor: LoopExecutor?
    var task: Task<Void, Never>?
    do {
      let executor = LoopExecutor(loop: group.next())
      weakExecutor = executor
      let work = Work()
      executor.run {
        executor.connectionOpened()
        executor.start(work, in: WorkQueue())
      }
      task = try await work.done.value()
      executor.run { executor.connectionClosed() }
    }
    await task?.value
    task = nil
    try await group.shutdownGracefully()
    #expect(weakExecutor == nil)
  }

  private final class Order: Sendable {
    private let numbers = Mutex<[Int]>([])
    func add(_ number: Int) { numbers.withLock { $0.append(number) } }
    var all: [Int] { numbers.withLock { $0 } }
  }
}
