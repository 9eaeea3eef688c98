// What a slow reader has missed since its last message.
import Synchronization

final class Lag: Sendable {
  private let missed = Mutex(0)

  func add(_ count: Int) { missed.withLock { $0 += count } }

  /// The text, with a note of what is missing before it.
  func note(before text: String) -> String {
    let count = missed.withLock { missed in
      defer { missed = 0 }
      return missed
    }
    return count == 0 ? text : "\(text) (\(count) missed)"
  }
}
