// mapConcurrent and its relatives, beyond the laws.
import FreshetStreams
import Synchronization
import TestSupport
import Testing

@Suite("MapConcurrent")
struct MapConcurrentTests {
  /// The numbers below five.
  private static let numbers = iterate(0) { $0 < 4 ? $0 + 1 : nil }

  @Test(arguments: [1, 2, 3])
  func `Exactly as many calls as the limit run concurrently`(limit: Int) async throws {
    let executor = RandomOrderExecutor()
    let doors = (0..<5).map { _ in Event() }
    let begun = Log<Int>()
    let task = Task(executorPreference: executor) {
      try await Self.numbers.mapConcurrent(limit: limit) { number in
        begun.append(number)
        await doors[number].wait()
        return number
      }.collect(upTo: 5)
    }
    for number in 0..<5 {
      executor.drain()
      #expect(begun.values.sorted() == Array(0..<min(5, number + limit)))
      doors[number].fire()
    }
    executor.drain()
    #expect(try await task.value == [0, 1, 2, 3, 4])
  }

  @Test func `Unordered, a finished element does not wait for earlier ones`() async throws {
    let executor = RandomOrderExecutor()
    let (door, received) = (Event(), Log<Int>())
    let task = Task(executorPreference: executor) {
      for await number in Self.numbers.mapConcurrent(
        limit: 2, ordered: false,
        { number in
          if number == 0 { await door.wait() }
          return number
        })
      { received.append(number) }
    }
    executor.drain()
    #expect(received.values == [1, 2, 3, 4])
    door.fire()
    executor.drain()
    await task.value
    #expect(received.values == [1, 2, 3, 4, 0])
  }

  @Test
  func
    `An error of the closure's cancels the calls that are at work, and the source, and is thrown when they have ended`()
    async throws
  {
    let log = Log<String>()
    let source = AsyncGenerator { yield in
      defer { log.append("source ended") }
      for number in 0..<2 { try await yield(number) }
      await waitForCancellation()
    }
    let failing = source.mapConcurrent(limit: 3, ordered: false) { number in
      if number == 1 { throw Broken() }
      await waitForCancellation()
      log.append("work cancelled")
    }
    await #expect(throws: Broken()) { for try await _ in failing {} }
    #expect(log.values.sorted() == ["source ended", "work cancelled"])
  }

  @Test func `A handler's sink gets the elements directly, without a rendezvous`() async throws {
    let received = Log<Int>()
    await Self.numbers.mapConcurrent(limit: 2) { $0 * 10 }.run { received.append($0) }
    #expect(received.values == [0, 10, 20, 30, 40])
  }

  @Test(arguments: [1, 2, 3])
  func `flatMapConcurrent reads as many sequences concurrently as the limit`(limit: Int) async throws {
    let executor = RandomOrderExecutor()
    let doors = (0..<5).map { _ in Event() }
    let begun = Log<Int>()
    let task = Task(executorPreference: executor) {
      try await Self.numbers.flatMapConcurrent(limit: limit) { number in
        AsyncGenerator { yield in
          begun.append(number)
          await doors[number].wait()
          do { try await yield(number) } catch {}
        }
      }.collect(upTo: 5)
    }
    for number in 0..<5 {
      executor.drain()
      #expect(begun.values.sorted() == Array(0..<min(5, number + limit)))
      doors[number].fire()
    }
    executor.drain()
    #expect(try await task.value.sorted() == [0, 1, 2, 3, 4])
  }

  @Test func `mergeAll reads sequences that arrive while others are read, and one failure ends all`() async throws {
    let executor = RandomOrderExecutor()
    let (streams, received, cancelled) = (Log<Int>(), Log<Int>(), Event())
    let (sink, inner) = channel(of: AsyncGenerator<Int, any Error>.self, failing: (any Error).self, capacity: 4)
    let task = Task(executorPreference: executor) {
      for try await number in inner.mergeAll() { received.append(number) }
    }
    try await sink.send(
      AsyncGenerator { yield in
        defer { cancelled.fire() }
        try await yield(1)
        await waitForCancellation()
      })
    executor.drain()
    #expect(received.values == [1])
    try await sink.send(AsyncGenerator { yield in try await yield(2) })
    executor.drain()
    #expect(received.values == [1, 2])
    try await sink.send(AsyncGenerator { _ in throw Broken() })
    executor.drain()
    #expect(cancelled.hasFired && streams.values.isEmpty)
    await #expect(throws: Broken()) { try await task.value }
  }

  @Test func `forEachConcurrent returns when all calls have, and throws the first error`() async throws {
    let done = Log<Int>()
    await Self.numbers.forEachConcurrent(limit: 2) { number in
      await Task.yield()
      done.append(number)
    }
    #expect(done.values.sorted() == [0, 1, 2, 3, 4])
    await #expect(throws: Broken(3)) {
      try await Self.numbers.forEachConcurrent(limit: 2) { number in if number == 3 { throw Broken(3) } }
    }
  }

  @Test func `readyChunks includes ready elements, up to its bound, and only waits for the first`()
    async throws
  {
    let executor = RandomOrderExecutor()
    let (sink, stream) = channel(of: Int.self, capacity: 8)
    let received = Log<[Int]>()
    let task = Task(executorPreference: executor) {
      for await chunk in stream.readyChunks(max: 3) { received.append(chunk) }
    }
    executor.drain()
    #expect(received.values.isEmpty)
    for number in 0..<5 { try await sink.send(number) }
    executor.drain()
    #expect(received.values.flatMap { $0 } == [0, 1, 2, 3, 4])
    #expect(received.values.count < 5 && received.values.allSatisfy { 1...3 ~= $0.count })
    sink.finish()
    executor.drain()
    await task.value
  }
}
