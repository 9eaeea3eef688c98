// Detects whether the peer is still there (gRFC A8, A9, grpc-wire.md C15).
import NIOCore

/// When a connection PINGs its peer, and how long it waits for an answer.
public struct KeepaliveConfiguration: Sendable, Hashable {
  /// How long the peer may be silent before it gets a PING.
  public var interval: Duration

  /// How long the peer has to send anything after the PING before the connection is closed.
  public var timeout: Duration

  /// Whether to PING on a connection without calls, too. Many servers treat that as abuse.
  public var asksWithoutCalls: Bool

  /// - Parameter interval: at least 10 s, as gRPC's servers require; less counts as 10 s.
  public init(interval: Duration, timeout: Duration = .seconds(20), asksWithoutCalls: Bool = false) {
    self.interval = max(interval, Self.minInterval)
    self.timeout = timeout
    self.asksWithoutCalls = asksWithoutCalls
  }

  static let minInterval = Duration.seconds(10)

  /// For tests, which do not wait ten seconds.
  init(uncheckedInterval: Duration, timeout: Duration, asksWithoutCalls: Bool) {
    interval = uncheckedInterval
    self.timeout = timeout
    self.asksWithoutCalls = asksWithoutCalls
  }
}

/// The state of the keepalive; its connection has the clock and the timer.
///
///   listening ─ timerFired, nothing heard ─▶ asking ─ heard ─▶ listening
///                                              └─ timerFired ─▶ (the peer is gone)
struct Keepalive {
  private enum State {
    /// → asking
    case listening
    /// A PING is outstanding. → listening
    case asking
  }

  private let configuration: KeepaliveConfiguration
  private var state = State.listening
  private var lastHeard: NIODeadline

  /// Identifies this PING.
  static let pingPayload: UInt64 = 0x6672_6573_6865_743f  // “freshet?”

  init(_ configuration: KeepaliveConfiguration, now: NIODeadline) {
    self.configuration = configuration
    lastHeard = now
  }

  /// The time of the first check.
  var firstCheck: NIODeadline { lastHeard + TimeAmount(configuration.interval) }

  /// Any byte from the peer counts.
  mutating func heard(now: NIODeadline) {
    lastHeard = now
    state = .listening
  }

  enum OnTimer: Equatable {
    case check(at: NIODeadline)
    case sendPing(checkAt: NIODeadline)
    case peerIsGone
  }

  mutating func timerFired(now: NIODeadline, hasCalls: Bool) -> OnTimer {
    let due = lastHeard + TimeAmount(configuration.interval)
    switch state {
    case .asking: return .peerIsGone
    case .listening where now < due: return .check(at: due)
    case .listening where !hasCalls && !configuration.asksWithoutCalls:
      return .check(at: now + TimeAmount(configuration.interval))
    case .listening:
      state = .asking
      return .sendPing(checkAt: now + TimeAmount(configuration.timeout))
    }
  }
}
