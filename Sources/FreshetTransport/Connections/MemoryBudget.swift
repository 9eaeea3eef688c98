// How much memory the messages of many connections take together, and what it takes to stay below a bound.
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A bound for the memory of messages, shared by connections: what has come and was not read, and what waits to be sent.
///
/// Above three quarters of the limit nothing is read from connections that hold more of what has come than the average one
/// does, and connections whose complete answers wait begin no calls. Above the limit servers refuse calls, with UNAVAILABLE.
/// Messages that handlers have in hand are not counted; nor is what the connections themselves take.
///
/// May be used from any thread. Connections report what they hold once in a turn of their loop, and only larger changes.
public final class MemoryBudget: Sendable {
  /// What all connections of this process share that are given no other: half of the machine's memory.
  public static let process = MemoryBudget(limitBytes: max(256 << 20, physicalBytes / 2))

  public let limitBytes: Int
  /// Smaller changes of what a connection holds are not worth an access to what all share.
  let leastReportBytes: Int
  private let used = Atomic(0)
  /// How many connections hold something.
  private let users = Atomic(0)

  /// - Parameter limitBytes: 1 or more; the marks are derived from it.
  public init(limitBytes: Int) {
    self.limitBytes = max(1, limitBytes)
    leastReportBytes = min(64 * 1024, self.limitBytes / 64)
  }

  /// How many bytes the connections have reported.
  public var usedBytes: Int { used.load(ordering: .relaxed) }

  /// Whether calls are refused.
  package var isExhausted: Bool { usedBytes > limitBytes }

  /// Whether the largest users are held back.
  var isStrained: Bool { usedBytes > limitBytes / 4 * 3 }

  /// Whether one that holds so much is to be held back.
  func holdsBack(_ heldBytes: Int) -> Bool {
    isStrained && heldBytes >= usedBytes / max(1, users.load(ordering: .relaxed))
  }

  func report(_ change: Int) { used.add(change, ordering: .relaxed) }
  func reportUser(_ change: Int) { users.add(change, ordering: .relaxed) }

  private static var physicalBytes: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }
}
