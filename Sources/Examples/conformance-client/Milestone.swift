// What the sender of requests tells others.
import Synchronization

/// Something that is reached once, and who waits for it.
final class Milestone: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() { (stream, continuation) = AsyncStream.makeStream() }

  func reach() { continuation.finish() }

  /// Returns when it is reached, or when the task is cancelled. One task may wait.
  func wait() async { for await _ in stream {} }
}

/// How many requests were sent.
final class SentCount: Sendable {
  private let count = Atomic(0)

  var value: Int { count.load(ordering: .acquiring) }
  func add() { count.add(1, ordering: .releasing) }
}
