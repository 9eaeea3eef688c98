// A sequence of messages that is not a generator.
import NIOCore

struct MessageSequence: AsyncSequence, Sendable {
  typealias Element = ByteBuffer
  typealias Failure = any Error

  /// Makes the message with this number; nil at the end.
  let message: @Sendable (Int) async throws -> ByteBuffer?

  struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let message: @Sendable (Int) async throws -> ByteBuffer?
    private var number = 0

    fileprivate init(_ message: @escaping @Sendable (Int) async throws -> ByteBuffer?) { self.message = message }

    mutating func next(isolation actor: isolated (any Actor)?) async throws -> ByteBuffer? {
      defer { number += 1 }
      return try await message(number)
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(message) }
}
