// A channel beyond its state machine: its ends, and who is notified.
import FreshetStreams
import TestSupport
import Testing

@Suite("Channel")
struct ChannelTests {
  @Test func `Elements arrive in order, then the end`() async throws {
    let (sink, stream) = channel(of: Int.self, capacity: 3)
    for number in 1...3 { try await sink.send(number) }
    sink.finish()
    #expect(try await stream.collect(upTo: 3) == [1, 2, 3])
  }

  @Test func `An error ends the stream once, after the elements sent`() async throws {
    let (sink, stream) = channel(of: Int.self, failing: Broken.self, capacity: 1)
    try await sink.send(1)
    sink.finish(throwing: Broken(7))
    var iterator = stream.makeAsyncIterator()
    #expect(try await iterator.next() == 1)
    await #expect(throws: Broken(7)) { _ = try await iterator.next() }
    #expect(try await iterator.next() == nil)
  }

  @Test func `Dropping the last copy of the sink ends the stream`() async throws {
    let stream = await {
      let (sink, stream) = channel(of: Int.self, capacity: 2)
      let copy = sink
      try? await sink.send(1)
      try? await copy.send(2)
      return stream
    }()
    #expect(try await stream.collect(upTo: 2) == [1, 2])
  }

  @Test func `The sink learns that its stream was dropped, and how many elements were unread`()
    async throws
  {
    let (sink, reading) = openUnread()
    #expect(!sink.isStreamGone)
    for number in 1...3 { try await sink.send(number) }
    #expect(try !sink.trySend(4))
    reading.drop()
    #expect(sink.isStreamGone)
    await #expect(throws: SendError.gone(unreceived: 3)) { try await sink.send(5) }
    await #expect(throws: SendError.gone(unreceived: 3)) { try await sink.flush() }
    try await sink.waitUntilStreamIsGone()
  }

  @Test func `A task that waits for room, for the last element or for the stream's end can be cancelled`() async throws
  {
    let executor = RandomOrderExecutor()
    let (sink, stream) = channel(of: Int.self, capacity: 1)
    try await sink.send(1)
    let waits: [@Sendable () async throws -> Void] = [
      { try await sink.send(2) }, { try await sink.flush() }, { try await sink.waitUntilStreamIsGone() },
    ]
    for wait in waits {
      let errors = Log<SendError>()
      let task = Task(executorPreference: executor) {
        do { try await wait() } catch let error as SendError { errors.append(error) }
      }
      executor.drain()
      #expect(errors.values.isEmpty)
      task.cancel()
      executor.drain()
      #expect(errors.values == [.cancelled])
    }
    sink.finish()
    #expect(try await stream.collect(upTo: 1) == [1])
  }

  @Test func `Flush returns when everything has been received`() async throws {
    let executor = RandomOrderExecutor()
    let (sink, stream) = channel(of: Int.self, capacity: 2)
    for number in 1...2 { try await sink.send(number) }
    let flushed = Event()
    Task(executorPreference: executor) {
      try await sink.flush()
      flushed.fire()
    }
    var iterator = stream.makeAsyncIterator()
    for _ in 1...2 {
      executor.drain()
      #expect(!flushed.hasFired)
      _ = await iterator.next()
    }
    executor.drain()
    #expect(flushed.hasFired)
  }

  @Test func `A second iterator continues where the first one is, and each element goes to one of them`() async throws {
    let (sink, stream) = channel(of: Int.self, capacity: 4)
    for number in 1...4 { try await sink.send(number) }
    sink.finish()
    for await number in stream where number == 2 { break }
    var (one, other) = (stream.makeAsyncIterator(), stream.makeAsyncIterator())
    #expect(await one.next() == 3)
    #expect(await other.next() == 4)
    #expect(await one.next() == nil)
    #expect(await other.next() == nil)
    #expect(await stream.first() == nil)
  }

  @Test func `Many tasks may wait for elements, and the end goes to all of them, an error to one`() async throws {
    let executor = RandomOrderExecutor()
    let (sink, stream) = channel(of: Int.self, failing: Broken.self, capacity: 1)
    let (received, ends) = (Log<Int>(), Log<String>())
    for _ in 0..<3 {
      Task(executorPreference: executor) {
        do {
          for try await number in stream { received.append(number) }
          ends.append("end")
        } catch { ends.append("error") }
      }
    }
    executor.drain()
    for number in 0..<9 {
      #expect(try sink.trySend(number))
      executor.drain()
    }
    sink.finish(throwing: Broken())
    executor.drain()
    #expect(received.values == Array(0..<9))
    #expect(ends.values.sorted() == ["end", "end", "error"])
  }

  @Test func `Cancelling a waiting task ends the stream for all, and notifies its producers`()
    async throws
  {
    let executor = RandomOrderExecutor()
    let (sink, stream) = channel(of: Int.self, capacity: 1)
    let readers = (0..<2).map { _ in Task(executorPreference: executor) { await stream.first() } }
    executor.drain()
    readers[0].cancel()
    executor.drain()
    #expect(await readers[1].value == nil)
    #expect(await stream.first() == nil)
    await #expect(throws: SendError.gone(unreceived: 0)) { try await sink.send(1) }
  }

  @Test func `An element that holds the last sink of its own channel may be left unread`() async throws {
    typealias Letter = any Sendable
    func write() async throws -> ChannelStream<Letter, Never> {
      let (sink, stream) = channel(of: Letter.self, capacity: 1)
      try await sink.send(sink)
      return stream
    }
    _ = try await write()
  }

  @Test func `A negative capacity counts as zero`() throws {
    let (sink, stream) = channel(of: Int.self, capacity: -1)
    #expect(try !sink.trySend(1))
    withExtendedLifetime(stream) {}
  }

  @Test func `A stream is forwarded at the sink's pace, and both errors are thrown`()
    async throws
  {
    let (sink, stream) = channel(of: Int.self, capacity: 0)
    async let forwarding: Void = iterate(1) { $0 < 3 ? $0 + 1 : nil }.forward(to: sink)
    var iterator = stream.makeAsyncIterator()
    for number in 1...3 { #expect(await iterator.next() == number) }
    try await forwarding
    await #expect(throws: Broken()) { try await failing(Broken(), of: Int.self).forward(to: sink) }
    sink.finish()
    await #expect(throws: SendError.finished) { try await once(4).forward(to: sink) }
    #expect(await iterator.next() == nil)
  }

  private func openUnread() -> (ChannelSink<Int, Never>, Unread) {
    let (sink, stream) = channel(of: Int.self, capacity: 3)
    return (sink, Unread(stream))
  }

  /// Holds a stream until it is dropped.
  private final class Unread: @unchecked Sendable {
    // SAFETY: used by one test's task only.
    private var stream: ChannelStream<Int, Never>?

    init(_ stream: ChannelStream<Int, Never>) { self.stream = stream }

    func drop() { stream = nil }
  }
}
