// Work off the loops, with owners taking turns.
import Synchronization
import TestSupport
import Testing

@testable import FreshetServer

@Suite(.timeLimit(.minutes(5))) struct DecompressionPoolTests {
  private final class Owner: Sendable {
    func run<Result: Sendable>(in pool: DecompressionPool, _ body: @escaping @Sendable () -> Result) async -> Result {
      await withUnsafeContinuation { continuation in
        pool.submit(for: self) { continuation.resume(returning: body()) }
      }
    }
  }

  @Test func `owners take turns, and each keeps its order`() async throws {
    let pool = DecompressionPool(width: 1), order = Log<String>(), begun = Signal<Void>(), go = Gate()
    let busy = Owner(), calm = Owner()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        await busy.run(in: pool) {
          begun.set()
          go.wait()
        }
      }
      try await begun.value()
      for (name, owner) in [("busy 0", busy), ("busy 1", busy), ("busy 2", busy), ("calm 0", calm), ("calm 1", calm)] {
        let before = pool.waitingCount
        group.addTask { await owner.run(in: pool) { order.append(name) } }
        while pool.waitingCount == before { await Task.yield() }
      }
      go.open()
      try await group.waitForAll()
    }
    #expect(order.values == ["busy 0", "calm 0", "busy 1", "calm 1", "busy 2"])
  }

  @Test func `all submitted work is done, on several threads`() async {
    let pool = DecompressionPool(width: 3), owners = (0..<10).map { _ in Owner() }
    let sum = await withTaskGroup { group in
      for number in 0..<1_000 { group.addTask { await owners[number % 10].run(in: pool) { number } } }
      return await group.reduce(0, +)
    }
    #expect(sum == 499_500)
  }

  /// Blocks a thread of the pool, which is not used otherwise.
  private final class Gate: Sendable {
    private let isOpen = Atomic(false)
    func open() { isOpen.store(true, ordering: .releasing) }
    func wait() { while !isOpen.load(ordering: .acquiring) {} }
  }
}
