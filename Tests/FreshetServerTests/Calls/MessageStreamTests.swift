// The sources of a stream of messages, read by an iterator and sent to a sink.
import FreshetStreams
import Synchronization
import Testing

@testable import FreshetServer

@Suite struct MessageStreamTests {
  private struct Broken: Error {}

  /// Three numbers from each kind of source.
  private static let streams: [(String, MessageStream<Int>)] = [
    ("a body", MessageStream { yield in for number in 0..<3 { try await yield(number) } }),
    ("an array", MessageStream([0, 1, 2])),
    ("a range", MessageStream(0..<3)),
    ("a generator", MessageStream(generator)),
    (
      "a generator that never fails",
      MessageStream(AsyncGenerator<Int, Never> { yield in for n in 0..<3 { try? await yield(n) } })
    ),
    ("an opaque sequence", MessageStream(opaque)),
    ("an AsyncStream", MessageStream(asyncStream)),
    ("a stream with a typed error", MessageStream(typed)),
    ("an adaptor", MessageStream(generator.map { $0 })),
    ("a stream of messages", MessageStream(MessageStream([0, 1, 2]))),
  ]

  private static let generator = AsyncGenerator<Int, any Error> { yield in
    for number in 0..<3 { try await yield(number) }
  }
  private static var opaque: some AsyncSequence<Int, any Error> & Sendable { generator }
  private static var typed: some AsyncSequence<Int, Broken> & Sendable {
    AsyncGenerator<Int, Broken> { yield in for number in 0..<3 { try? await yield(number) } }
  }
  private static var asyncStream: AsyncStream<Int> {
    AsyncStream { continuation in
      for number in 0..<3 { continuation.yield(number) }
      continuation.finish()
    }
  }

  @Test(arguments: 0..<10)
  func `Every kind of source gives its messages to an iterator`(index: Int) async throws {
    var numbers: [Int] = []
    for try await number in Self.streams[index].1 { numbers.append(number) }
    #expect(numbers == [0, 1, 2], "\(Self.streams[index].0)")
  }

  @Test(
    arguments: 0..<10)
  func `Every kind of source gives its messages to a sink, which is awaited while it has no room`(index: Int)
    async throws
  {
    let sink = CountingSink()
    // An AsyncStream is consumed by the iterator of the other test; the rest is cold.
    let stream = index == 6 ? MessageStream(Self.asyncStream) : Self.streams[index].1
    try await stream.run(into: sink)
    #expect(sink.numbers.withLock { $0 } == [0, 1, 2], "\(Self.streams[index].0)")
    #expect(sink.waits.withLock { $0 } == 3, "\(Self.streams[index].0)")
  }

  @Test func `A sequence's error is thrown unchanged`() async {
    let stream = MessageStream(AsyncGenerator<Int, Broken> { _ throws(Broken) in throw Broken() })
    await #expect(throws: Broken.self) { for try await _ in stream {} }
    await #expect(throws: Broken.self) { try await stream.run(into: CountingSink()) }
  }

  @Test func `A sink's error ends the run`() async {
    await #expect(throws: Broken.self) { try await MessageStream([1, 2]).run(into: CountingSink(failure: Broken())) }
    await #expect(throws: Broken.self) {
      try await MessageStream(Self.asyncStream).run(into: CountingSink(failure: Broken()))
    }
  }

  private final class CountingSink: ImmediateSink {
    typealias Element = Int
    typealias SendFailure = any Error
    let numbers = Mutex<[Int]>([])
    let waits = Mutex(0)
    let failure: (any Error)?

    init(failure: (any Error)? = nil) { self.failure = failure }

    func put(_ number: Int) throws -> Bool {
      if let failure { throw failure }
      numbers.withLock { $0.append(number) }
      return false
    }

    func waitForRoom() async throws { waits.withLock { $0 += 1 } }
  }
}
