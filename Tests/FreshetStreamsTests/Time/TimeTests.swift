// Time-dependent behaviour, with a manual clock.
import TestSupport
import Testing

@testable import FreshetStreams

@Suite("Time")
struct TimeTests {
  private let clock = ManualClock()
  private let executor = RandomOrderExecutor()
  private let log = Log<String>()

  /// Reads a stream into the log.
  @discardableResult
  private func read<Stream: AsyncSequence & Sendable>(_ stream: Stream) -> Task<Void, Never> {
    let task = Task(executorPreference: executor) { [log] in
      do {
        for try await element in stream { log.append("\(element)") }
        log.append("end")
      } catch { log.append("\(error as any Error)") }
    }
    executor.drain()
    return task
  }

  private func advance(_ seconds: Int) {
    clock.advance(by: .seconds(seconds))
    executor.drain()
  }

  /// Returns each element after a number of seconds.
  private func slow(_ seconds: [Int]) -> AsyncGenerator<Int, any Error> {
    AsyncGenerator { [clock, log] yield in
      defer { log.append("source ended") }
      for (number, seconds) in seconds.enumerated() {
        try await clock.sleep(for: .seconds(seconds))
        try await yield(number)
      }
    }
  }

  @Test func `timeout(each:) throws when one element takes too long, after its source has ended`() {
    read(slow([3, 3, 3, 5]).timeout(each: .seconds(4), clock: clock))
    for _ in 0..<12 { advance(1) }
    #expect(log.values == ["0", "1", "2"])
    advance(1)
    #expect(log.values == ["0", "1", "2", "source ended", "\(TimeoutError.element)"])
    #expect(clock.sleeperCount == 0)
  }

  @Test func `timeout(each:) counts the end as an element, but not the consumer's time`() {
    let source = AsyncGenerator(of: Int.self) { yield in
      try await yield(1)
      await waitForCancellation()
    }
    let turn = Event()
    Task(executorPreference: executor) { [log, clock] in
      var iterator = source.timeout(each: .seconds(4), clock: clock).makeAsyncIterator()
      log.append("\(try await iterator.next(isolation: #isolation) ?? 0)")
      await turn.wait()
      do { _ = try await iterator.next(isolation: #isolation) } catch { log.append("\(error)") }
    }
    executor.drain()
    advance(100)
    #expect(log.values == ["1"])
    turn.fire()
    executor.drain()
    advance(3)
    #expect(log.values == ["1"])
    advance(1)
    #expect(log.values == ["1", "\(TimeoutError.element)"])
  }

  @Test func `deadline throws at its time, and does not affect a stream that has ended`() {
    read(slow([3, 3, 3]).deadline(.init(sinceStart: .seconds(7)), clock: clock))
    for _ in 0..<6 { advance(1) }
    #expect(log.values == ["0", "1"])
    advance(1)
    #expect(log.values == ["0", "1", "source ended", "\(TimeoutError.deadline)"])
    read(slow([1]).deadline(.init(sinceStart: .seconds(100)), clock: clock))
    advance(1)
    #expect(log.values.suffix(3) == ["0", "source ended", "end"])
    #expect(clock.sleeperCount == 0)
  }

  @Test func `prefix(until:) ends the stream when the event happens, even while waiting for an element`() {
    let event = Event()
    read(slow([1, 5]).prefix(until: { await event.wait() }))
    advance(1)
    #expect(log.values == ["0"])
    event.fire()
    executor.drain()
    #expect(log.values == ["0", "source ended", "end"])
    #expect(clock.sleeperCount == 0)
  }

  @Test func `paced requests once per interval, at once for the first, and without a burst for a slow consumer`() async
  {
    let made = Log<Int>()
    let source = unfold(0) { number -> Int? in
      defer { number += 1 }
      made.append(number)
      return number
    }
    var iterator = source.paced(every: .seconds(2), clock: clock).makeAsyncIterator()
    #expect(await iterator.next() == 0)
    clock.advance(by: .seconds(7))
    #expect(await iterator.next() == 1)
    read(source.prefix(3).paced(every: .seconds(2), clock: clock))
    #expect(log.values == ["0"])
    advance(1)
    #expect(log.values == ["0"])
    advance(1)
    #expect(log.values == ["0", "1"])
    advance(2)
    #expect(log.values == ["0", "1", "2"])
    advance(2)
    #expect(log.values == ["0", "1", "2", "end"])
  }

  @Test func `retrying restarts after each wait, and gives up with the last error`() {
    let tries = Log<Void>()
    let failing = AsyncGenerator(of: Int.self) { _ in
      tries.append(())
      throw Broken(tries.values.count)
    }
    read(failing.retrying(RetrySchedule { $0 < 4 ? .seconds($0) : nil }, clock: clock))
    for (waited, tried) in [(0, 1), (1, 2), (1, 2), (1, 3), (2, 3), (1, 4)] {
      advance(waited)
      #expect(tries.values.count == tried)
    }
    #expect(log.values == ["\(Broken(4))"])
  }

  @Test func `An element resets the count of attempts, and resume continues after it`() {
    let begins = Log<Int>()
    @Sendable func numbers(from first: Int) -> AsyncGenerator<Int, any Error> {
      AsyncGenerator { yield in
        begins.append(first)
        if first == 5 { return }
        try await yield(first)
        throw Broken()
      }
    }
    read(
      numbers(from: 0).retrying(
        .constant(.seconds(1), attempts: 1), clock: clock, resume: { numbers(from: ($0 ?? -1) + 1) }))
    for _ in 0..<5 { advance(1) }
    #expect(log.values == ["0", "1", "2", "3", "4", "end"])
    #expect(begins.values == [0, 1, 2, 3, 4, 5])
  }

  @Test func `An error is not retried if shouldRetry refuses, nor after a cancellation`() async {
    let tries = Log<Void>()
    let failing = AsyncGenerator(of: Int.self) { _ in
      tries.append(())
      throw Broken(2)
    }
    read(failing.retrying(.constant(.zero, attempts: 9), clock: clock, if: { ($0 as? Broken)?.number != 2 }))
    #expect(tries.values.count == 1 && log.values == ["\(Broken(2))"])
    let cancelled = read(failing.retrying(.constant(.seconds(5), attempts: 9), clock: clock))
    #expect(clock.sleeperCount == 1)
    cancelled.cancel()
    executor.drain()
    #expect(tries.values.count == 2 && log.values.count == 2 && clock.sleeperCount == 0)
  }

  @Test func `shouldRetry and resume may be async`() {
    let tokens = Log<Int>()
    @Sendable func token() async throws -> Int {
      try await clock.sleep(for: .seconds(1))
      tokens.append(tokens.values.count)
      if tokens.values.count == 2 { throw Broken(99) }
      return tokens.values.count
    }
    @Sendable func isWorthIt() async -> Bool {
      await Task.yield()
      return true
    }
    read(
      failing(Broken(), of: Int.self).retrying(
        .constant(.seconds(1), attempts: 2), clock: clock, if: { _ in await isWorthIt() },
        resume: { _ in
          _ = try await token()
          return failing(Broken(tokens.values.count), of: Int.self)
        }))
    for (waited, asked) in [(0, 0), (1, 0), (1, 1), (1, 1), (1, 2)] {
      advance(waited)
      #expect(tokens.values.count == asked)
    }
    #expect(log.values == ["\(Broken(99))"])
  }

  @Test func `An error thrown by shouldRetry ends the stream, once`() {
    read(
      failing(Broken(1), of: Int.self).retrying(
        .constant(.zero, attempts: 9), clock: clock, if: { _ in throw Broken(2) }))
    #expect(log.values == ["\(Broken(2))"])
  }

  @Test func `The closure is called at the first next() and after each wait, with the last element`()
    async throws
  {
    let made = Log<Int?>()
    let numbers = retrying(.constant(.seconds(1), attempts: 1), clock: clock) { (last: Int?) in
      made.append(last)
      if last == 2 { throw Broken(7) }
      return AsyncGenerator { yield in
        try await yield((last ?? -1) + 1)
        throw Broken()
      }
    }
    var unread = numbers.makeAsyncIterator()
    #expect(made.values.isEmpty)
    #expect(try await unread.next() == 0)
    read(numbers)
    for _ in 0..<5 { advance(1) }
    #expect(log.values == ["0", "1", "2", "\(Broken(7))"])
    #expect(made.values == [nil, nil, 0, 1, 2])
  }

  @Test func `Practically infinite durations do not trap`() async throws {
    let forEver = Duration.seconds(Int64.max)
    #expect(try await once(1).timeout(each: forEver).collect(upTo: 1) == [1])
    #expect(try await once(1).deadline(.now.advanced(by: forEver)).collect(upTo: 1) == [1])
    #expect(await once(1).paced(every: forEver).first() == 1)
    let sleeping: [@Sendable () async throws -> Void] = [
      { _ = try await never(of: Int.self).timeout(each: forEver).first() },
      { _ = try await never(of: Int.self).deadline(.now.advanced(by: forEver)).first() },
      { _ = try await iterate(1) { $0 }.paced(every: forEver).collect(upTo: 1) },
      { _ = try await failing(Broken(), of: Int.self).retrying(.constant(forEver, attempts: 1)).first() },
    ]
    for sleep in sleeping {
      let task = Task { try? await sleep() }
      for _ in 0..<20 { await Task.yield() }
      task.cancel()
      await task.value
    }
  }

  @Test func `Any factor, jitter and duration can be computed`() {
    for factor in [0, -1, 1, 1.5, 1e300, .infinity, .nan] {
      for jitter in [-1, 0, 2, .infinity, .nan] {
        for first in [Duration.zero, .seconds(1), .seconds(-1), .seconds(Int64.max)] {
          let schedule = RetrySchedule.exponential(
            first: first, factor: factor, ceiling: .seconds(Int64.max), attempts: 99, jitter: jitter)
          for attempt in [1, 2, 99] { #expect(schedule.delay(attempt) != nil) }
        }
      }
    }
  }

  @Test func `Waits grow by their factor up to the ceiling, within their jitter, for any number of attempts`() {
    let schedule = RetrySchedule.exponential(
      first: .seconds(1), factor: 3, ceiling: .seconds(10), attempts: 9, jitter: 0)
    #expect((1...5).map { schedule.delay($0) } == [1, 3, 9, 10, 10].map { .seconds($0) })
    #expect(schedule.delay(9) == .seconds(10) && schedule.delay(10) == nil)
    let endless = RetrySchedule.exponential(first: .seconds(1), ceiling: .seconds(10), jitter: 0.5)
    for _ in 0..<100 {
      let delay = endless.delay(.max)!
      #expect(delay >= .seconds(5) && delay <= .seconds(15))
    }
  }
}
