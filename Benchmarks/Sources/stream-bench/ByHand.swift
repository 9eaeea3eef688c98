// Hand-written counterparts of the toolkit: a sequence and a writer.
import FreshetStreams
import Synchronization

/// The numbers below a count, written without a toolkit.
struct Numbers: AsyncSequence, Sendable {
  let count: Int

  func makeAsyncIterator() -> Iterator { Iterator(count: count) }

  struct Iterator: AsyncIteratorProtocol {
    let count: Int
    var next = 0

    mutating func next(isolation actor: isolated (any Actor)?) async -> Int? {
      guard next < count else { return nil }
      defer { next += 1 }
      return next
    }

    mutating func next() async -> Int? { await next(isolation: #isolation) }
  }
}

/// Accepts numbers as an RPC accepts messages: serialized into a locked buffer that is flushed when full.
final class Writer: ImmediateSink {
  typealias Element = Int
  typealias SendFailure = any Error

  private struct State {
    var buffer: [UInt8] = []
    var sum = 0
  }

  private let state = Mutex(State())

  var sum: Int { state.withLock { $0.sum } }

  func write(_ number: Int) async throws { _ = try put(number) }

  func put(_ number: Int) throws -> Bool {
    state.withLock { state in
      withUnsafeBytes(of: number) { state.buffer.append(contentsOf: $0) }
      state.sum += number
      if state.buffer.count >= 16_384 { state.buffer.removeAll(keepingCapacity: true) }
    }
    return true
  }

  func waitForRoom() async throws {}
}
