// Progress of the sender of requests.
import Synchronization

/// How many requests were sent.
final class SentCount: Sendable {
  private let count = Atomic(0)

  var value: Int { count.load(ordering: .acquiring) }
  func add() { count.add(1, ordering: .releasing) }
}
