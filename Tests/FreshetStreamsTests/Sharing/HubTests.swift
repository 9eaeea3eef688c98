// The behaviour of a hub for its members and publishers.
import FreshetStreams
import Synchronization
import TestSupport
import Testing

@Suite("Hub")
struct HubTests {
  @Test
  func
    `A room survives being empty: what is published then goes nowhere, and those who come later get what comes later`()
    async throws
  {
    let room = Hub<Int>()
    for round in 0..<3 {
      let member = room.subscribe(whenFull: .wait)
      #expect(room.subscriberCount == 1)
      #expect(try await room.publish(round) == 1)
      for await number in member {
        #expect(number == round)
        break
      }
      #expect(room.subscriberCount == 0)
      #expect(try await room.publish(99) == 0)
    }
  }

  @Test func `A room survives members that are cancelled, one by one and all at once`() async throws {
    let executor = RandomOrderExecutor()
    let room = Hub<Int>()
    func join() -> Task<[Int], Never> {
      Task(executorPreference: executor) { [stream = room.subscribe(whenFull: .wait)] in
        var received: [Int] = []
        for await number in stream { received.append(number) }
        return received
      }
    }
    for round in 0..<3 {
      let members = (0..<3).map { _ in join() }
      executor.drain()
      try await room.publish(round)
      executor.drain()
      for member in members {
        member.cancel()
        executor.drain()
        #expect(await member.value == [round])
      }
      #expect(room.subscriberCount == 0)
    }
    let last = join()
    executor.drain()
    try await room.publish(7)
    room.finish()
    executor.drain()
    #expect(await last.value == [7])
  }

  @Test func `All members get all elements in one order, which keeps the order of each publisher`() async throws {
    let room = Hub<Int>()
    let streams = (0..<3).map { _ in room.subscribe(bound: 2, whenFull: .wait) }
    let received = try await withThrowingTaskGroup { group in
      for stream in streams { group.addTask { try await stream.collect(upTo: 200) } }
      try await withThrowingDiscardingTaskGroup { publishers in
        for publisher in 0..<4 {
          publishers.addTask { for number in 0..<50 { try await room.publish(publisher * 100 + number) } }
        }
      }
      room.finish()
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(received[0] == received[1] && received[1] == received[2] && received[0].count == 200)
    for publisher in 0..<4 {
      #expect(received[0].filter { $0 / 100 == publisher } == (0..<50).map { publisher * 100 + $0 })
    }
  }

  @Test func `A waiting member holds up publishers, which continue in order when it reads or leaves`()
    async throws
  {
    let executor = RandomOrderExecutor()
    let room = Hub<Int>()
    var slow: BroadcastStream<Int, Never>.Iterator? = room.subscribe(bound: 1, whenFull: .wait).makeAsyncIterator()
    let published = Log<Int>()
    for number in 0..<4 {
      Task(executorPreference: executor) {
        try await room.publish(number)
        published.append(number)
      }
      executor.drain()
    }
    #expect(published.values == [0])
    #expect(try !room.tryPublish(9))
    #expect(await slow?.next() == 0)
    executor.drain()
    #expect(published.values == [0, 1])
    slow = nil
    executor.drain()
    #expect(published.values == [0, 1, 2, 3])
    #expect(try room.tryPublish(9))
  }

  @Test func `A publisher cancelled while it waits has given its element to no member`() async throws {
    let executor = RandomOrderExecutor()
    let room = Hub<Int>()
    let member = room.subscribe(bound: 1, whenFull: .wait)
    try await room.publish(0)
    let publishers = (1...2).map { number in
      Task(executorPreference: executor) { try await room.publish(number) }
    }
    executor.drain()
    publishers[0].cancel()
    executor.drain()
    await #expect(throws: SendError.cancelled) { try await publishers[0].value }
    var reader = member.makeAsyncIterator()
    #expect(await reader.next() == 0)
    #expect(await reader.next() == 2)
    executor.drain()
    #expect(try await publishers[1].value == 1)
  }

  @Test func `A member that drops the oldest learns how many before the next element, and delays no publisher`()
    async throws
  {
    let room = Hub<Int>()
    let lags = Log<Int>()
    let slow = room.subscribe(bound: 3, whenFull: .dropOldest { lags.append($0) })
    for number in 0..<10 { #expect(try room.tryPublish(number)) }
    room.finish()
    #expect(try await slow.collect(upTo: 3) == [7, 8, 9])
    #expect(lags.values == [7])
  }

  @Test
  func `A disconnected member gets its buffered elements, then the error, and no longer counts; others continue`()
    async throws
  {
    let room = Hub<Int>()
    var slow = room.subscribeOrDisconnect(bound: 2).makeAsyncIterator()
    let other = room.subscribe(whenFull: .wait)
    for number in 0..<4 { #expect(try await room.publish(number) == (number < 2 ? 2 : 1)) }
    #expect(room.subscriberCount == 1)
    room.finish()
    #expect(try await slow.next() == 0)
    #expect(try await slow.next() == 1)
    await #expect(throws: SubscriberTooSlow.self) { _ = try await slow.next() }
    #expect(try await slow.next() == nil)
    #expect(try await other.collect(upTo: 4) == [0, 1, 2, 3])
  }

  @Test
  func `The end comes after the published elements, and refuses waiting and later publishers`()
    async throws
  {
    let executor = RandomOrderExecutor()
    let room = Hub<Int>()
    let member = room.subscribe(bound: 1, whenFull: .wait)
    try await room.publish(1)
    let waiting = Task(executorPreference: executor) { try await room.publish(2) }
    executor.drain()
    room.finish()
    room.finish()
    executor.drain()
    await #expect(throws: SendError.finished) { try await waiting.value }
    await #expect(throws: SendError.finished) { try await room.publish(3) }
    #expect(throws: SendError.finished) { try room.tryPublish(3) }
    #expect(try await member.collect(upTo: 1) == [1])
    #expect(await room.subscribe(whenFull: .wait).first() == nil)
    #expect(room.subscriberCount == 0)
  }

  @Test func `When the hub is released, its streams end after the published elements`() async throws {
    func joined() async throws -> BroadcastStream<Int, Never> {
      let room = Hub<Int>()
      let member = room.subscribe(whenFull: .wait)
      try await room.publish(1)
      return member
    }
    #expect(try await joined().collect(upTo: 1) == [1])
  }

  @Test func `A second iterator of a stream is a member of its own, from then on`() async throws {
    let room = Hub<Int>()
    let stream = room.subscribe(whenFull: .wait)
    var first = stream.makeAsyncIterator()
    try await room.publish(1)
    var second = stream.makeAsyncIterator()
    #expect(try await room.publish(2) == 2)
    #expect(await first.next() == 1)
    #expect(await first.next() == 2)
    #expect(await second.next() == 2)
  }

  @Test
  func
    `A hub over a channel over a generator: each gets what comes while it is there, and all ends when the source does`()
    async throws
  {
    let (sink, stream) = channel(of: Int.self, capacity: 1)
    let source = AsyncGenerator { yield in for number in 0..<6 { try await yield(number) } }
    let room = Hub<Int>()
    let member = room.subscribe(bound: 2, whenFull: .wait)
    async let sending: Void = {
      try await source.forward(to: sink)
      sink.finish()
    }()
    async let publishing: Void = {
      try await stream.forward(to: room)
      room.finish()
    }()
    #expect(try await member.collect(upTo: 6) == Array(0..<6))
    try await sending
    try await publishing
  }

  @Test func `A displaced element may use the hub during its deinit`() async throws {
    final class Goodbye: Sendable {
      let room: Hub<Goodbye?>
      init(_ room: Hub<Goodbye?>) { self.room = room }
      deinit { _ = try? room.tryPublish(nil) }
    }
    let room = Hub<Goodbye?>()
    var member: BroadcastStream<Goodbye?, Never>? = room.subscribe(bound: 1, whenFull: .dropOldest { _ in })
    _ = try room.tryPublish(Goodbye(room))
    _ = try room.tryPublish(nil)
    _ = try room.tryPublish(Goodbye(room))
    member = nil
    #expect(member == nil && room.subscriberCount == 0)
  }
}
