// Specific to generators: a body that waits at each yield, from any consumer, in either way of running.
import FreshetStreams
import TestSupport
import Testing

@Suite("AsyncGenerator")
struct AsyncGeneratorTests {
  @Test func `A body that yields infers a Failure of any Error, and one that cannot throw infers Never`() async throws {
    let words = ["one", "two"]
    let throwing: AsyncGenerator<String, any Error> = AsyncGenerator { yield in
      for word in words { try await yield(word) }
    }
    let inferred = AsyncGenerator { yield in for word in words { try await yield(word) } }
    let silent = AsyncGenerator(of: Int.self) { yield in do { try await yield(1) } catch {} }
    var seen: [String] = []
    for try await word in throwing { seen.append(word) }
    for try await word in inferred { seen.append(word) }
    for await number in silent { seen.append("\(number)") }
    #expect(seen == ["one", "two", "one", "two", "1"])
  }

  @Test func `A typed error of the body arrives with its type`() async {
    let generator = AsyncGenerator(of: Int.self) { yield throws(Broken) in throw Broken(7) }
    var iterator = generator.makeAsyncIterator()
    do throws(Broken) {
      _ = try await iterator.next(isolation: nil)
      Issue.record("nothing was thrown")
    } catch {
      #expect(error.number == 7)
    }
  }

  @Test func `yield returns when the consumer requests the next element, not before`() async throws {
    let executor = RandomOrderExecutor()
    let log = Log<String>()
    let more = Event()
    let task = Task(executorPreference: executor) {
      let generator = AsyncGenerator { yield in
        for number in 1...2 {
          try await yield(number)
          log.append("after \(number)")
        }
      }
      var iterator = generator.makeAsyncIterator()
      log.append("got \(try await iterator.next(isolation: #isolation) ?? 0)")
      await more.wait()
      while let number = try await iterator.next(isolation: #isolation) { log.append("got \(number)") }
    }
    executor.drain()
    #expect(log.values == ["got 1"])
    more.fire()
    executor.drain()
    #expect(log.values == ["got 1", "after 1", "got 2", "after 2"])
    try await task.value
  }

  @Test func `Breaking out of a loop ends the body`() async throws {
    let ended = Event()
    let endless = AsyncGenerator { yield in
      defer { ended.fire() }
      var number = 0
      while true {
        try await yield(number)
        number += 1
      }
    }
    for try await number in endless where number == 3 { break }
    await ended.wait()
  }

  @Test func `Copies of an iterator share one run of the body`() async throws {
    var first = AsyncGenerator { yield in for number in 0..<4 { try await yield(number) } }.makeAsyncIterator()
    var second = first
    #expect(try await first.next() == 0)
    #expect(try await second.next() == 1)
    #expect(try await first.next() == 2)
  }

  @Test func `An actor can consume a generator, and one consumer may follow another`() async throws {
    actor Reader {
      func sum(_ numbers: AsyncGenerator<Int, any Error>) async throws -> Int {
        var sum = 0
        for try await number in numbers { sum += number }
        return sum
      }
    }
    let numbers = AsyncGenerator { yield in for number in 1...100 { try await yield(number) } }
    let reader = Reader()
    #expect(try await reader.sum(numbers) == 5050)
    #expect(try await reader.sum(numbers) == 5050)
  }

  /// An iterator that many tasks may use, each through a copy.
  private actor Desk {
    private let iterator: AsyncGenerator<Int, any Error>.Iterator

    init(_ numbers: AsyncGenerator<Int, any Error>) { iterator = numbers.makeAsyncIterator() }

    func next() async throws -> Int? {
      var copy = iterator
      return try await copy.next(isolation: self)
    }
  }

  @Test func `Tasks that use one iterator through an actor take turns`() async throws {
    let desk = Desk(AsyncGenerator { yield in for number in 0..<50 { try await yield(number) } })
    let received = try await withThrowingTaskGroup(of: [Int].self) { group in
      for _ in 0..<4 {
        group.addTask {
          var received: [Int] = []
          while let number = try await desk.next() { received.append(number) }
          return received
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(received.sorted() == Array(0..<50))
  }

  @Test
  func `Cancelling one of several tasks ends the body for all, even while it waits for its turn`()
    async throws
  {
    for cancelled in 0..<3 {
      let ended = Event()
      let desk = Desk(
        AsyncGenerator { _ in
          defer { ended.fire() }
          await waitForCancellation()
        })
      let executor = RandomOrderExecutor()
      let tasks = (0..<3).map { _ in Task(executorPreference: executor) { try await desk.next() } }
      executor.drain()
      tasks[cancelled].cancel()
      executor.drain()
      for task in tasks { #expect(try await task.value == nil) }
      #expect(ended.hasFired)
    }
  }

  @Test func `Generators compose with the standard library's adaptors`() async throws {
    let numbers = AsyncGenerator { yield in for number in 1...10 { try await yield(number) } }
    var seen: [Int] = []
    for try await number in numbers.filter({ $0 % 2 == 0 }).map({ $0 * 10 }).prefix(3) { seen.append(number) }
    #expect(seen == [20, 40, 60])
  }
}
