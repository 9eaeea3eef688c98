// How much of one connection is decompressed at a time.
import FreshetCore
import FreshetTransport
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import FreshetServer

@Suite(.timeLimit(.minutes(5))) struct DecompressionLineTests {
  private let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())

  /// Counts messages being decompressed or not yet taken.
  private final class Busy: Sendable {
    private let count = Atomic(0)
    let most = Atomic(0)

    func begin() { most.max(count.add(1, ordering: .relaxed).newValue, ordering: .relaxed) }
    func end() { count.subtract(1, ordering: .relaxed) }
  }

  @Test func `all queued messages are processed, few at a time`() async {
    let line = DecompressionLine(executor: executor, pool: DecompressionPool(width: 8)), busy = Busy()
    let executor = executor
    let sum = await withTaskGroup(of: Int.self) { group in
      for number in 0..<200 {
        group.addTask(executorPreference: number.isMultiple(of: 2) ? executor : nil) {
          let outcome = await line.run(isRequest: number.isMultiple(of: 3)) {
            busy.begin()
            return .success(ByteBuffer(integer: number))
          }
          busy.end()
          return (try? outcome.get())?.getInteger(at: 0, as: Int.self) ?? 0
        }
      }
      return await group.reduce(0, +)
    }
    #expect(sum == 199 * 100)
    // A resumed task may let the next message begin before the test has counted.
    #expect(busy.most.load(ordering: .relaxed) <= 2 * DecompressionLine.width)
  }

  @Test func `while it is paused requests wait, and messages of running calls do not`() async throws {
    let line = DecompressionLine(executor: executor), order = Log<String>()
    await executor.call { line.pause() }
    let request = Task(executorPreference: executor) {
      await line.run(isRequest: true) {
        order.append("request")
        return .success(ByteBuffer())
      }
    }
    let message = await line.run(isRequest: false) {
      order.append("message")
      return .success(ByteBuffer())
    }
    _ = try message.get()
    order.append("resume")
    await executor.call { line.resume() }
    _ = try await request.value.get()
    #expect(order.values == ["message", "resume", "request"])
  }

  @Test(arguments: [true, false])
  func `a cancelled task leaves the queue, before and after it has entered`(isWaiting: Bool) async throws {
    let line = DecompressionLine(executor: executor)
    await executor.call { line.pause() }
    let tasks = (0..<100).map { _ in
      Task(executorPreference: executor) {
        await line.run(isRequest: true) {
          Issue.record("nothing waits for this")
          return .success(ByteBuffer())
        }
      }
    }
    while isWaiting, await executor.call({ line.waitingCount }) < 100 {}
    for task in tasks { task.cancel() }
    for task in tasks {
      await #expect(throws: RPCError.self) { try await task.value.get() }
    }
    await executor.call { line.resume() }
  }

  @Test func `abandoned places are removed while nothing is started`() async {
    let line = DecompressionLine(executor: executor)
    await executor.call { line.pause() }
    for _ in 0..<1_000 {
      let task = Task(executorPreference: executor) { await line.run(isRequest: true) { .success(ByteBuffer()) } }
      await executor.call {}
      task.cancel()
      _ = await task.value
    }
    let waiting = await executor.call { line.waitingCount }
    #expect(waiting < 100)
    await executor.call { line.resume() }
  }
}
