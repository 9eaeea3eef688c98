// Reads a stream of messages from one place or alternately from two, slowly or at once.
import NIOCore

struct Reading: Sendable {
  enum Pause: Sendable { case none, yields, rests }

  var places: [Place]
  /// How many messages are read in one place before the reader moves to the other.
  var chunk: Int
  var pause: Pause
  /// How many messages are read between pauses.
  var pauseEach: Int
}

/// A message or the end was delivered although the reader had been cancelled before asking for it.
struct DeliveredAfterCancellation: Error, CustomStringConvertible {
  let what: String
  var description: String { "\(what) was delivered after the cancellation" }
}

// SAFETY: one task at a time uses it.
final class MessageReader<Iterator: AsyncIteratorProtocol & SendableMetatype>: @unchecked Sendable
where Iterator.Element == ByteBuffer {
  /// Receives each message with its number.
  /// - Returns: whether to continue.
  typealias Take = @Sendable (Int, ByteBuffer) -> Bool

  private var iterator: Iterator
  private var count = 0
  private let isCancelled: @Sendable () -> Bool
  private let take: Take

  /// - Parameter isCancelled: whether the call was cancelled, besides the reading task.
  init(_ iterator: sending Iterator, isCancelled: @escaping @Sendable () -> Bool = { false }, take: @escaping Take) {
    self.iterator = iterator
    self.isCancelled = isCancelled
    self.take = take
  }

  /// - Returns: whether it has read to the end, or `take` has stopped it.
  func read(_ reading: Reading) async throws -> Bool {
    var place = 0
    while true {
      let end = try await reading.places[place % reading.places.count].run { try await self.readSome(reading) }
      if let end { return end }
      place += 1
    }
  }

  /// - Returns: nil when there is more to read.
  private func readSome(_ reading: Reading) async throws -> Bool? {
    for _ in 0..<reading.chunk {
      guard let message = try await next() else { return true }
      let goesOn = take(count, message)
      count += 1
      if !goesOn { return false }
      if count.isMultiple(of: reading.pauseEach) { await pause(reading.pause) }
    }
    return nil
  }

  /// Reads one message.
  /// - Returns: false at the end.
  func readOne() async throws -> Bool {
    guard let message = try await next() else { return false }
    _ = take(count, message)
    count += 1
    return true
  }

  private func next() async throws -> ByteBuffer? {
    let wasCancelled = Task.isCancelled || isCancelled()
    let message = try await iterator.next(isolation: #isolation)
    if wasCancelled { throw DeliveredAfterCancellation(what: message == nil ? "the end" : "message \(count)") }
    return message
  }

  private func pause(_ pause: Reading.Pause) async {
    switch pause {
    case .none: break
    case .yields: await Task.yield()
    case .rests: await rest(.microseconds(300))
    }
  }
}
