// Finds out that a connection has had no calls for a long time.
import NIOCore

/// Pure: the connection has the clock and the timer, and counts its streams. Calls cost nothing: what happened since the
/// last look is taken to have lasted until this one, so the end comes late by a quarter of the limit at most, never early.
struct IdleWatch {
  private let limit: TimeAmount
  /// Not before the end of the last call.
  private var lastUse: NIODeadline
  private var lastStreamID: Int32
  private var hadCalls = false
  /// Whether it has come to `drain`.
  private(set) var isOver = false

  init(limit: TimeAmount, now: NIODeadline, lastStreamID: Int32) {
    self.limit = limit
    self.lastStreamID = lastStreamID
    lastUse = now
  }

  /// When the timer is to fire first.
  var firstCheck: NIODeadline { lastUse + limit }

  enum OnTimer: Equatable {
    case check(at: NIODeadline)
    /// There was no call for the whole time.
    case drain
  }

  /// - Parameter lastStreamID: of the streams that the peer has opened.
  mutating func timerFired(now: NIODeadline, hasCalls: Bool, lastStreamID: Int32) -> OnTimer {
    if hasCalls || hadCalls || lastStreamID != self.lastStreamID { lastUse = now }
    hadCalls = hasCalls
    self.lastStreamID = lastStreamID
    isOver = now >= lastUse + limit
    if isOver { return .drain }
    return .check(at: min(lastUse + limit, now + .nanoseconds(limit.nanoseconds / 4)))
  }
}
