// What subscribers of a broadcast see.
import FreshetStreams
import TestSupport
import Testing

@Suite("Broadcast")
struct BroadcastTests {
  /// Numbers from zero, on demand, each of which is logged.
  private func numbers(_ made: Log<Int>, upTo end: Int = .max) -> AsyncGenerator<Int, any Error> {
    AsyncGenerator { yield in
      for number in 0..<end {
        made.append(number)
        try await yield(number)
      }
    }
  }

  @Test func `Every subscriber gets every element, though each is made once`() async throws {
    let made = Log<Int>()
    let broadcast = Broadcast(numbers(made, upTo: 50))
    let streams = (0..<3).map { _ in broadcast.subscribe(bound: 2) }
    let received = try await withThrowingTaskGroup { group in
      for stream in streams { group.addTask { try await stream.collect(upTo: 50) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(received == Array(repeating: Array(0..<50), count: 3))
    #expect(made.values == Array(0..<50))
  }

  @Test(arguments: [1, 3])
  func `A subscriber that waits slows the others down to its bound`(bound: Int) async throws {
    let executor = RandomOrderExecutor()
    let (made, received) = (Log<Int>(), Log<Int>())
    let broadcast = Broadcast(numbers(made, upTo: 10))
    let slow = broadcast.subscribe(bound: bound)
    let fast = broadcast.subscribe(bound: 1)
    Task(executorPreference: executor) { for try await number in fast { received.append(number) } }
    executor.drain()
    #expect(received.values == Array(0..<bound) && made.values == received.values)
    let all = Task(executorPreference: executor) { try await slow.collect(upTo: 10) }
    executor.drain()
    #expect(try await all.value == Array(0..<10))
    #expect(received.values == Array(0..<10))
  }

  @Test func `A subscriber that drops the oldest learns how many before the next element`() async throws {
    let executor = RandomOrderExecutor()
    let (made, lags) = (Log<Int>(), Log<Int>())
    let broadcast = Broadcast(numbers(made, upTo: 10))
    let slow = broadcast.subscribe(bound: 3, whenFull: .dropOldest { lags.append($0) })
    let fast = broadcast.subscribe()
    Task(executorPreference: executor) { for try await _ in fast {} }
    executor.drain()
    #expect(try await slow.collect(upTo: 3) == [7, 8, 9])
    #expect(lags.values == [7])
  }

  @Test func `A disconnected subscriber gets its buffered elements, then the error once; the others continue`()
    async throws
  {
    let executor = RandomOrderExecutor()
    let made = Log<Int>()
    let broadcast = Broadcast(numbers(made, upTo: 10))
    var slow = broadcast.subscribeOrDisconnect(bound: 2).makeAsyncIterator()
    let fast = broadcast.subscribe()
    let all = Task(executorPreference: executor) { try await fast.collect(upTo: 10) }
    executor.drain()
    #expect(try await all.value == Array(0..<10))
    #expect(try await slow.next() == 0)
    #expect(try await slow.next() == 1)
    let error = await #expect(throws: SubscriberTooSlow.self) { _ = try await slow.next() }
    #expect(error?.bound == 2)
    #expect(try await slow.next() == nil)
  }

  @Test func `An error goes to all, and a later subscriber begins a new run`() async throws {
    let starts = Log<Void>()
    let broadcast = Broadcast(
      AsyncGenerator { yield in
        starts.append(())
        try await yield(1)
        throw Broken()
      })
    var streams = [broadcast.subscribe(), broadcast.subscribe()].map { $0.makeAsyncIterator() }
    for index in streams.indices { #expect(try await streams[index].next(isolation: #isolation) == 1) }
    for index in streams.indices {
      await #expect(throws: Broken()) { _ = try await streams[index].next(isolation: #isolation) }
    }
    #expect(starts.values.count == 1)
    #expect(try await broadcast.subscribe().first() == 1)
    #expect(starts.values.count == 2)
  }

  @Test func `Only the last subscriber to leave cancels the sequence`() async throws {
    let executor = RandomOrderExecutor()
    let ended = Event()
    let broadcast = Broadcast(
      AsyncGenerator(of: Int.self) { _ in
        await waitForCancellation()
        ended.fire()
      })
    let readers = (0..<2).map { _ in
      let stream = broadcast.subscribe()
      return Task(executorPreference: executor) { await stream.first() }
    }
    executor.drain()
    readers[0].cancel()
    executor.drain()
    #expect(!ended.hasFired)
    readers[1].cancel()
    executor.drain()
    #expect(ended.hasFired)
    for reader in readers { #expect(await reader.value == nil) }
  }

  @Test func `A second iterator of a subscription is a subscriber of its own, from then on`() async throws {
    let broadcast = Broadcast(numbers(Log(), upTo: 3))
    let stream = broadcast.subscribe()
    var first = stream.makeAsyncIterator()
    #expect(try await first.next() == 0)
    var second = stream.makeAsyncIterator()
    #expect(try await first.next() == 1)
    #expect(try await second.next() == 1)
    #expect(try await first.next() == 2)
    #expect(try await first.next() == nil)
    #expect(try await second.next() == 2)
    #expect(try await second.next() == nil)
    #expect(try await stream.collect(upTo: 3) == [0, 1, 2])
  }

  @Test
  func
    `A channel that is broadcast is over when its last subscriber has left, for those who come later and for its sinks`()
    async throws
  {
    let executor = RandomOrderExecutor()
    let (sink, stream) = channel(of: Int.self, capacity: 4)
    let broadcast = Broadcast(stream)
    let reader = Task(executorPreference: executor) { [stream = broadcast.subscribe()] in await stream.first { $0 > 9 }
    }
    executor.drain()
    reader.cancel()
    executor.drain()
    #expect(await reader.value == nil)
    await #expect(throws: SendError.gone(unreceived: 0)) { try await sink.send(1) }
    #expect(await broadcast.subscribe().first() == nil)
    #expect(await broadcast.subscribe().first() == nil)
  }

  @Test(arguments: [0, -1])
  func `A bound below 1 counts as 1`(bound: Int) async throws {
    let broadcast = Broadcast(numbers(Log(), upTo: 2))
    #expect(try await broadcast.subscribe(bound: bound).collect(upTo: 2) == [0, 1])
    let slow = broadcast.subscribeOrDisconnect(bound: bound)
    #expect(try await broadcast.subscribe().collect(upTo: 2) == [0, 1])
    let error = await #expect(throws: SubscriberTooSlow.self) { for try await number in slow { #expect(number == 0) } }
    #expect(error?.bound == 1)
  }
}
