// Accounts for the memory of many connections' messages, and keeps it within a bound.
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A bound on the memory of messages, shared by connections: received and unread, or waiting to be sent.
///
/// Above three quarters of the limit, connections that hold more received bytes than the average are not read, and
/// connections whose complete responses are unsent start no calls. Above the limit servers refuse calls with
/// UNAVAILABLE. Messages being processed by handlers are not counted, nor is the memory of the connections themselves.
///
/// Thread-safe. Connections report what they hold once per turn of their loop, and only larger changes.
public final class MemoryBudget: Sendable {
  /// The default, shared by all connections of this process: half of the machine's memory.
  public static let process = MemoryBudget(limitBytes: max(256 << 20, physicalBytes / 2))

  public let limitBytes: Int
  /// Smaller changes are not worth an access to shared memory.
  let leastReportBytes: Int
  private let used = Atomic(0)
  /// The number of connections that hold memory.
  private let users = Atomic(0)

  /// - Parameter limitBytes: 1 or more; the thresholds are derived from it.
  public init(limitBytes: Int) {
    self.limitBytes = max(1, limitBytes)
    leastReportBytes = min(64 * 1024, self.limitBytes / 64)
  }

  /// The bytes reported by the connections.
  public var usedBytes: Int { used.load(ordering: .relaxed) }

  /// Whether calls are refused.
  package var isExhausted: Bool { usedBytes > limitBytes }

  /// Whether the largest users are held back.
  var isStrained: Bool { usedBytes > limitBytes / 4 * 3 }

  /// Whether a connection that holds this much is to be held back.
  func holdsBack(_ heldBytes: Int) -> Bool {
    isStrained && heldBytes >= usedBytes / max(1, users.load(ordering: .relaxed))
  }

  func report(_ change: Int) { used.add(change, ordering: .relaxed) }
  func reportUser(_ change: Int) { users.add(change, ordering: .relaxed) }

  private static var physicalBytes: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }
}
