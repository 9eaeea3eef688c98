// An event loop as the executor of tasks.
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import FreshetTransport

@Suite(.timeLimit(.minutes(5))) struct LoopExecutorTests {
  private let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())

  private final class Log: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  @Test func `a loop has one executor`() {
    let loops = Array(MultiThreadedEventLoopGroup.singleton.makeIterator())
    for loop in loops { #expect(LoopExecutor.of(loop) === LoopExecutor.of(loop)) }
    let executors = loops.map { LoopExecutor.of($0) }
    #expect(Set(executors.map { ObjectIdentifier($0) }).count == loops.count)
  }

  @Test func `run and call are immediate on the loop`() async throws {
    let executor = executor
    let isImmediate = try await executor.loop.submit {
      let ran = Mutex(false)
      executor.run { ran.withLock { $0 = true } }
      return ran.withLock { $0 }
    }.get()
    #expect(isImmediate)
    #expect(await executor.call { executor.isCurrent })
    #expect(!executor.isCurrent)
  }

  @Test func `tasks of a turn run in order, and those that they create join the batch`() async throws {
    let log = Log(), done = Signal<Void>()
    // A busy machine must not cut off the turn.
    let executor = LoopExecutor(loop: executor.loop, maxTurn: .hours(1))
    executor.loop.execute {
      Task(executorPreference: executor) {
        log.add("a")
        Task(executorPreference: executor) {
          log.add("c")
          Task(executorPreference: executor) { log.add("d") }
        }
      }
      Task(executorPreference: executor) { log.add("b") }
      executor.loop.execute {
        log.add("next turn")
        done.set()
      }
    }
    try await done.value()
    #expect(log.all == ["a", "b", "c", "d", "next turn"])
  }

  @Test func `tasks from other threads run on the loop and stay there`() async {
    let executor = executor
    let misses = await withTaskGroup { group in
      for _ in 0..<500 {
        group.addTask {
          await Task(executorPreference: executor) {
            var misses = executor.isCurrent ? 0 : 1
            await Task.yield()
            misses += executor.isCurrent ? 0 : 1
            await withCheckedContinuation { continuation in
              Task.detached { continuation.resume() }  // resumed by another thread
            }
            return misses + (executor.isCurrent ? 0 : 1)
          }.value
        }
      }
      return await group.reduce(0, +)
    }
    #expect(misses == 0)
  }

  @Test func `a task that yields forever does not stop the loop's other work`() async {
    let executor = executor
    let stop = Atomic(false)
    let spinner = Holder(stop)
    let task = Task(executorPreference: executor) {
      for _ in 0..<5_000_000 {
        if spinner.value.load(ordering: .relaxed) { return true }
        await Task.yield()
      }
      return false
    }
    executor.loop.execute { spinner.value.store(true, ordering: .relaxed) }
    #expect(await task.value)
  }

  @Test func `two hundred thousand hops all complete`() async {
    let executor = executor
    let sum = await Task(executorPreference: executor) {
      var sum = 0
      for number in 0..<200_000 {
        sum += await executor.call { number & 1 }
        if number % 1_000 == 0 { await Task.yield() }
      }
      return sum
    }.value
    #expect(sum == 100_000)
  }

  @Test func `new work does not wait for all queued jobs`() async throws {
    final class Work: LoopWork {
      private let body: () -> Void
      init(_ body: @escaping () -> Void) { self.body = body }
      override func run(in task: Task<Void, Never>) async { body() }
    }
    let executor = LoopExecutor(loop: MultiThreadedEventLoopGroup.singleton.next(), maxTurn: .nanoseconds(1))
    final class Count: Sendable { let value = Atomic(0) }
    let count = 1_000, done = Count()
    let before = await withCheckedContinuation { (continuation: CheckedContinuation<Int, Never>) in
      executor.run {
        for _ in 0..<count { Task(executorPreference: executor) { done.value.add(1, ordering: .relaxed) } }
        executor.start(Work { continuation.resume(returning: done.value.load(ordering: .relaxed)) }, in: WorkQueue())
      }
    }
    #expect(before < count)
  }

  @Test func `a loop's executor stays the same as long as the loop lives, and no longer`() async throws {
    weak var executor: LoopExecutor?
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    executor = LoopExecutor.of(group.next())
    #expect(executor != nil && executor === LoopExecutor.of(group.next()))
    try await group.shutdownGracefully()
    let other = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    _ = LoopExecutor.of(other.next())  // which removes those whose loops are gone
    #expect(executor == nil)
    try await other.shutdownGracefully()
  }

  private final class Holder: Sendable {
    let value: Atomic<Bool>
    init(_ value: consuming Atomic<Bool>) { self.value = value }
  }

  @Test func `a task that never ends leaves the loop time for its sockets`() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let accepted = Flag()
    let listener = try await ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        accepted.set()
        return channel.eventLoop.makeSucceededVoidFuture()
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let running = Signal<Void>()
    let busy = Task(executorPreference: LoopExecutor.of(group.next())) {
      running.set()
      for _ in 0..<3_000_000 where !accepted.isSet { await Task.yield() }
    }
    try await running.value()
    let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: listener.localAddress?.port ?? 0).get()
    await busy.value
    #expect(accepted.isSet)
    try await client.close()
    try await listener.close()
    try await group.shutdownGracefully()
  }
}

private final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set() { value.store(true, ordering: .relaxed) }
}
