// A body that runs straight into a sink that is awaited only when full.
import FreshetStreams
import Synchronization
import TestSupport
import Testing

@Suite("ImmediateRun")
struct ImmediateRunTests {
  /// Accepts a number of elements, and is full after each multiple.
  private struct Sink: ImmediateSink {
    typealias Element = Int
    typealias SendFailure = any Error

    let log = Log<String>()
    var isFullEvery = Int.max
    var failsAt: Int?
    var room: @Sendable () async throws -> Void = {}

    func put(_ element: Int) throws -> Bool {
      if element == failsAt { throw Broken(element) }
      log.append("\(element)")
      return !element.isMultiple(of: isFullEvery)
    }

    func waitForRoom() async throws {
      log.append("full")
      try await room()
      log.append("room")
    }
  }

  private let four = AsyncGenerator { yield in for number in 1...4 { try await yield(number) } }

  @Test func `The sink gets the elements in order, and is awaited exactly when it is full`()
    async throws
  {
    let sink = Sink(isFullEvery: 2)
    try await four.run(into: sink)
    #expect(sink.log.values == ["1", "2", "full", "room", "3", "4", "full", "room"])
  }

  @Test func `The body does not continue before there is room`() async throws {
    let executor = RandomOrderExecutor()
    let (room, after) = (Event(), Log<Int>())
    let generator = AsyncGenerator { yield in
      for number in 1...2 {
        try await yield(number)
        after.append(number)
      }
    }
    let task = Task(executorPreference: executor) {
      try await generator.run(into: Sink(isFullEvery: 1, room: { await room.wait() }))
    }
    executor.drain()
    #expect(after.values.isEmpty)
    room.fire()
    executor.drain()
    #expect(after.values == [1, 2])
    try await task.value
  }

  @Test func `No task is created and nothing is enqueued, however many elements there are`() async throws {
    let (executor, sink) = (RandomOrderExecutor(), Sink())
    let generator = AsyncGenerator { yield in for number in 1...1000 { try await yield(number) } }
    let task = Task(executorPreference: executor) { try await generator.run(into: sink) }
    #expect(executor.drain() == 1)
    #expect(sink.log.values.count == 1000)
    try await task.value
  }

  @Test func `yield throws the sink's error, then and at every later call, and the sink is not called again`()
    async throws
  {
    let (log, sink) = (Log<Broken?>(), Sink(failsAt: 2))
    let generator = AsyncGenerator { yield in
      for number in 1...4 {
        do {
          try await yield(number)
          log.append(nil)
        } catch { log.append(error as? Broken) }
      }
    }
    await generator.run(into: sink)
    #expect(log.values == [nil, Broken(2), Broken(2), Broken(2)])
    #expect(sink.log.values == ["1"])
  }

  @Test func `yield throws an error of the wait for room, then and at every later call`() async throws {
    let sink = Sink(isFullEvery: 2, room: { throw Broken(7) })
    await #expect(throws: Broken(7)) { try await four.run(into: sink) }
    #expect(sink.log.values == ["1", "2", "full"])
  }

  @Test func `A typed error of the body is thrown as such`() async {
    let typed = AsyncGenerator(of: Int.self) { _ throws(Broken) in throw Broken(6) }
    do throws(Broken) {
      try await typed.run(into: Sink())
      Issue.record("nothing was thrown")
    } catch { #expect(error == Broken(6)) }
  }

  @Test(arguments: [0, 2])
  func `A task cancelled before or in the middle: yield throws and the sink gets nothing more`(after count: Int) async {
    let (sink, generator) = (
      Sink(),
      AsyncGenerator(of: Int.self) { yield in
        for number in 1...4 {
          if number > count { withUnsafeCurrentTask { $0?.cancel() } }
          try await yield(number)
        }
      }
    )
    let task = Task { try await generator.run(into: sink) }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(sink.log.values == (0..<count).map { "\($0 + 1)" })
  }

  @Test func `A yield that escaped its body throws once the body is over`() async throws {
    let (escaped, sink) = (Log<Yield<Int>>(), Sink())
    try await AsyncGenerator { yield in
      escaped.append(yield)
      try await yield(1)
    }.run(into: sink)
    await #expect(throws: CancellationError.self) { try await escaped.values[0](2) }
    #expect(sink.log.values == ["1"])
  }

  @Test func `Child tasks: one at a time waits for room, and all of them get its error`() async throws {
    let executor = RandomOrderExecutor()
    let (room, errors) = (Event(), Log<Broken?>())
    let sink = Sink(
      isFullEvery: 1,
      room: {
        await room.wait(); throw Broken(9)
      })
    let generator = AsyncGenerator(of: Int.self) { yield in
      await withTaskGroup { group in
        for child in 1...5 {
          group.addTask { do { try await yield(child) } catch { errors.append(error as? Broken) } }
        }
      }
    }
    let task = Task(executorPreference: executor) { await generator.run(into: sink) }
    executor.drain()
    #expect(sink.log.values.count == 2 && errors.values.isEmpty)
    room.fire()
    executor.drain()
    await task.value
    #expect(sink.log.values.count == 2 && errors.values == Array(repeating: Broken(9), count: 5))
  }
}
