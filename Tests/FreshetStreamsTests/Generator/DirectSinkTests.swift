// A body that runs straight into a sink: the same order and errors, without a task.
import FreshetStreams
import Synchronization
import TestSupport
import Testing

@Suite("DirectSink")
struct DirectSinkTests {
  private let three = AsyncGenerator { yield in for number in 1...3 { try await yield(number) } }

  @Test func `The sink gets the elements in order, and the body waits for it`() async throws {
    let log = Log<String>()
    let generator = AsyncGenerator { yield in
      for number in 1...2 {
        try await yield(number)
        log.append("after \(number)")
      }
    }
    try await generator.run { number in
      log.append("sink \(number)")
      await Task.yield()
      log.append("sunk \(number)")
    }
    #expect(log.values == ["sink 1", "sunk 1", "after 1", "sink 2", "sunk 2", "after 2"])
  }

  @Test func `No task is created and nothing is enqueued, however many elements there are`() async throws {
    let executor = RandomOrderExecutor()
    let count = Mutex(0)
    let generator = AsyncGenerator { yield in for number in 0..<1000 { try await yield(number) } }
    let task = Task(executorPreference: executor) { try await generator.run { _ in count.withLock { $0 += 1 } } }
    #expect(executor.drain() == 1)
    #expect(count.withLock { $0 } == 1000)
    try await task.value
  }

  @Test func `yield throws the sink's error, then and at every later call, and the sink is not called again`()
    async throws
  {
    let (log, calls) = (Log<Broken?>(), Log<Int>())
    let generator = AsyncGenerator { yield in
      for number in 1...4 {
        do {
          try await yield(number)
          log.append(nil)
        } catch { log.append(error as? Broken) }
      }
    }
    await generator.run { number in
      calls.append(number)
      if number == 2 { throw Broken(number) }
    }
    #expect(log.values == [nil, Broken(2), Broken(2), Broken(2)])
    #expect(calls.values == [1, 2])
  }

  @Test func `An uncaught error of the body or the sink is the outcome, typed`() async {
    await #expect(throws: Broken(5)) { try await three.run { _ in throw Broken(5) } }
    let typed = AsyncGenerator(of: Int.self) { _ throws(Broken) in throw Broken(6) }
    do throws(Broken) {
      try await typed.run { _ in }
      Issue.record("nothing was thrown")
    } catch { #expect(error == Broken(6)) }
  }

  @Test func `A cancelled task is refused before its element reaches the sink`() async {
    let (generator, calls) = (three, Log<Int>())
    let task = Task {
      await waitForCancellation()
      try await generator.run { calls.append($0) }
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(calls.values.isEmpty)
  }

  @Test func `Child tasks that yield concurrently enter the sink one by one`() async throws {
    let inside = Mutex(0)
    let calls = Log<Int>()
    let generator = AsyncGenerator { yield in
      try await withThrowingTaskGroup { group in
        for child in 0..<8 { group.addTask { for number in 0..<50 { try await yield(child * 100 + number) } } }
        try await group.waitForAll()
      }
    }
    try await generator.run { number in
      #expect(
        inside.withLock {
          $0 += 1; return $0
        } == 1)
      await Task.yield()
      inside.withLock { $0 -= 1 }
      calls.append(number)
    }
    for child in 0..<8 { #expect(calls.values.filter { $0 / 100 == child } == (0..<50).map { child * 100 + $0 }) }
    #expect(calls.values.count == 400)
  }

  @Test func `Child tasks that wait for their turn get the error of the one in the sink`() async throws {
    let executor = RandomOrderExecutor()
    let (errors, calls, fail) = (Log<Broken?>(), Log<Int>(), Event())
    let generator = AsyncGenerator(of: Int.self) { yield in
      await withTaskGroup { group in
        for child in 0..<5 {
          group.addTask { do { try await yield(child) } catch { errors.append(error as? Broken) } }
        }
      }
    }
    let task = Task(executorPreference: executor) {
      await generator.run { child in
        calls.append(child)
        await fail.wait()
        throw Broken(9)
      }
    }
    executor.drain()
    #expect(calls.values.count == 1 && errors.values.isEmpty)
    fail.fire()
    executor.drain()
    await task.value
    #expect(calls.values.count == 1 && errors.values == Array(repeating: Broken(9), count: 5))
  }

  @Test func `A task that the body left waiting for the sink fails when the body ends`() async throws {
    let executor = RandomOrderExecutor()
    let (left, enter, leave) = (Log<Task<Void, any Error>>(), Event(), Event())
    let generator = AsyncGenerator { yield in
      left.append(Task(executorPreference: executor) { try await yield(1) })
      await enter.wait()
      left.append(Task(executorPreference: executor) { try await yield(2) })
      await Task.yield()
    }
    let calls = Log<Int>()
    let task = Task(executorPreference: executor) {
      await generator.run { number in
        calls.append(number)
        enter.fire()
        await leave.wait()
      }
    }
    executor.drain()
    leave.fire()
    executor.drain()
    await task.value
    #expect(calls.values == [1])
    try await left.values[0].value
    await #expect(throws: CancellationError.self) { try await left.values[1].value }
  }
}
