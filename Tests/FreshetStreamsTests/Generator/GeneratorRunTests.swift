// The owner of the body's task, what that inherits, and when it ends.
import FreshetStreams
import TestSupport
import Testing

@Suite("GeneratorRun")
struct GeneratorRunTests {
  @TaskLocal static var tag = "unset"

  @Test func `The body inherits the task-locals, priority and executor preference of the first next()`() async throws {
    let executor = RandomOrderExecutor()
    let seen = Log<String>()
    let task = Task(executorPreference: executor, priority: .high) {
      let generator = AsyncGenerator { yield in
        let sameExecutor = withUnsafeCurrentTask { $0?.unownedTaskExecutor == executor.asUnownedTaskExecutor() }
        seen.append("\(GeneratorRunTests.tag), \(Task.currentPriority == .high), \(sameExecutor)")
        try await yield(1)
      }
      try await GeneratorRunTests.$tag.withValue("consumer") { for try await _ in generator {} }
    }
    executor.drain()
    // Drained means done: if anything ran elsewhere, the task might not be over.
    #expect(seen.values == ["consumer, true, true"])
    try await task.value
  }

  @Test func `A consumer without an executor preference gives its body none`() async throws {
    let generator = AsyncGenerator { yield in
      try await yield(withUnsafeCurrentTask { $0?.unownedTaskExecutor?.asTaskExecutor() } == nil)
    }
    var iterator = generator.makeAsyncIterator()
    #expect(try await iterator.next() == true)
  }

  @Test func `A consumer that is cancelled while it waits gets the body's error, after the body's defers`() async throws
  {
    let (waiting, log) = (Event(), Log<String>())
    let consumer = Task {
      let generator = AsyncGenerator { yield in
        defer { log.append("body ended") }
        try await yield(1)
        waiting.fire()
        await waitForCancellation()
        try Task.checkCancellation()
      }
      do { for try await _ in generator {} } catch { log.append("\(type(of: error))") }
    }
    await waiting.wait()
    consumer.cancel()
    await consumer.value
    #expect(log.values == ["body ended", "CancellationError"])
  }

  @Test func `A cancelled consumer of a body that cannot throw gets nil`() async {
    let waiting = Event()
    let consumer = Task {
      let generator = AsyncGenerator(of: Int.self) { _ in
        waiting.fire()
        await waitForCancellation()
      }
      var count = 0
      for await _ in generator { count += 1 }
      return count
    }
    await waiting.wait()
    consumer.cancel()
    #expect(await consumer.value == 0)
  }

  @Test func `A consumer cancelled before its first next() has a body that is cancelled from the start`() async {
    let log = Log<String>()
    let consumer = Task {
      await waitForCancellation()
      let generator = AsyncGenerator { yield in
        log.append("started, cancelled: \(Task.isCancelled)")
        try await yield(1)
      }
      do { for try await _ in generator { log.append("received") } } catch { log.append("\(type(of: error))") }
    }
    consumer.cancel()
    await consumer.value
    #expect(log.values == ["started, cancelled: true", "CancellationError"])
  }

  @Test func `Dropping an iterator while its body runs cancels it, and drops its error`() async throws {
    let (working, ended) = (Event(), Event())
    do {
      var iterator = AsyncGenerator { yield in
        defer { ended.fire() }
        try await yield(1)
        working.fire()
        await waitForCancellation()
        throw Broken()
      }.makeAsyncIterator()
      _ = try await iterator.next()
      let asking = Task { [iterator] in
        var iterator = iterator
        return try await iterator.next()
      }
      await working.wait()
      asking.cancel()
      await #expect(throws: Broken.self) { try await asking.value }
    }
    await ended.wait()
  }

  @Test func `Cancelling the consumer of a chain of generators ends all of them, the innermost first`() async throws {
    let (waiting, log) = (Event(), Log<Int>())
    @Sendable func chain(_ depth: Int) -> AsyncGenerator<Int, any Error> {
      AsyncGenerator { yield in
        defer { log.append(depth) }
        if depth == 0 {
          waiting.fire()
          await waitForCancellation()
          try Task.checkCancellation()
        }
        for try await number in chain(depth - 1) { try await yield(number) }
      }
    }
    let consumer = Task { for try await _ in chain(4) {} }
    await waiting.wait()
    consumer.cancel()
    await #expect(throws: CancellationError.self) { try await consumer.value }
    #expect(log.values == [0, 1, 2, 3, 4])
  }
}
