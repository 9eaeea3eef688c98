// Yield's guarantees for a body: refusal after the end, and thread safety.
import FreshetStreams
import TestSupport
import Testing

@Suite("Yield")
struct YieldTests {
  @Test func `A body that swallows its cancellation is refused at every further yield`() async {
    let (log, ended) = (Log<String>(), Event())
    do {
      var iterator = AsyncGenerator { yield in
        defer { ended.fire() }
        for number in 0..<4 {
          do {
            try await yield(number)
            log.append("\(number) received")
          } catch { log.append("\(number) \(type(of: error))") }
        }
      }.makeAsyncIterator()
      _ = await iterator.next()
      _ = await iterator.next()
    }
    await ended.wait()
    #expect(log.values == ["0 received", "1 CancellationError", "2 CancellationError", "3 CancellationError"])
  }

  @Test func `A yield that escaped its body throws once the body is over, in both ways of running`() async throws {
    let escaped = Log<Yield<Int>>()
    let generator = AsyncGenerator { yield in
      escaped.append(yield)
      try await yield(1)
    }
    for try await _ in generator {}
    try await generator.run { _ in }
    for yield in escaped.values {
      await #expect(throws: CancellationError.self) { try await yield(2) }
    }
    #expect(escaped.values.count == 2)
  }

  @Test func `A task that the body left behind in its yield fails when the body ends`() async throws {
    let executor = RandomOrderExecutor()
    let (received, done) = (Event(), Event())
    let outcomes = Log<String>()
    let generator = AsyncGenerator(of: Int.self) { yield in
      _ = Task(executorPreference: executor) {
        do { try await yield(1) } catch { outcomes.append("\(type(of: error))") }
      }
      await received.wait()
    }
    let consumer = Task(executorPreference: executor) {
      var iterator = generator.makeAsyncIterator()
      #expect(await iterator.next(isolation: #isolation) == 1)
      received.fire()
      await done.wait()
      #expect(await iterator.next(isolation: #isolation) == nil)
    }
    executor.drain()
    #expect(outcomes.values == ["CancellationError"])
    done.fire()
    executor.drain()
    await consumer.value
  }

  @Test func `Child tasks may yield concurrently: each element is received once, in each child's order`()
    async throws
  {
    let generator = AsyncGenerator { yield in
      try await withThrowingTaskGroup { group in
        for child in 0..<8 { group.addTask { for number in 0..<50 { try await yield(child * 100 + number) } } }
        try await group.waitForAll()
      }
    }
    var seen: [Int] = []
    for try await number in generator { seen.append(number) }
    for child in 0..<8 { #expect(seen.filter { $0 / 100 == child } == (0..<50).map { child * 100 + $0 }) }
    #expect(seen.count == 400)
  }

  @Test func `A cancelled child task is refused and sends nothing, while the body continues`() async throws {
    let generator = AsyncGenerator { yield in
      await withTaskGroup { group in
        group.addTask {
          await waitForCancellation()
          await #expect(throws: CancellationError.self) { try await yield(1) }
        }
        group.cancelAll()
      }
      try await yield(2)
    }
    for run in 0..<2 {
      let seen = Log<Int>()
      if run == 0 {
        for try await number in generator { seen.append(number) }
      } else {
        try await generator.run { seen.append($0) }
      }
      #expect(seen.values == [2])
    }
  }
}
