// Detects that a connection has had no calls for a long time.
import NIOCore

/// Pure: the connection has the clock and the timer, and counts its streams. Calls cost nothing: activity since the
/// last check is assumed to have lasted until this one, so the end comes late by up to a quarter of the limit, never
/// early.
struct IdleWatch {
  private let limit: TimeAmount
  /// Not before the end of the last call.
  private var lastUse: NIODeadline
  private var lastStreamID: Int32
  private var hadCalls = false
  /// Whether `drain` was returned.
  private(set) var isOver = false

  init(limit: TimeAmount, now: NIODeadline, lastStreamID: Int32) {
    self.limit = limit
    self.lastStreamID = lastStreamID
    lastUse = now
  }

  /// The time of the first check.
  var firstCheck: NIODeadline { lastUse + limit }

  enum OnTimer: Equatable {
    case check(at: NIODeadline)
    /// There was no call for the whole time.
    case drain
  }

  /// - Parameter lastStreamID: of the streams opened by the peer.
  mutating func timerFired(now: NIODeadline, hasCalls: Bool, lastStreamID: Int32) -> OnTimer {
    if hasCalls || hadCalls || lastStreamID != self.lastStreamID { lastUse = now }
    hadCalls = hasCalls
    self.lastStreamID = lastStreamID
    isOver = now >= lastUse + limit
    if isOver { return .drain }
    return .check(at: min(lastUse + limit, now + .nanoseconds(limit.nanoseconds / 4)))
  }
}
