// Finds out whether the peer is still there (gRFC A8, A9, grpc-wire.md C15).
import NIOCore

/// When a connection asks its peer for a sign of life, and how long it waits for one.
public struct KeepaliveConfiguration: Sendable, Hashable {
  /// How long nothing may be heard of the peer before it gets a PING.
  public var interval: Duration

  /// How long the peer has to say anything after the PING before the connection is closed.
  public var timeout: Duration

  /// Whether a connection without calls is asked, too. Many servers take that for abuse.
  public var asksWithoutCalls: Bool

  /// - Parameter interval: at least 10 s, which gRPC's servers ask for; less is taken for 10 s.
  public init(interval: Duration, timeout: Duration = .seconds(20), asksWithoutCalls: Bool = false) {
    self.interval = max(interval, Self.minInterval)
    self.timeout = timeout
    self.asksWithoutCalls = asksWithoutCalls
  }

  static let minInterval = Duration.seconds(10)

  /// For tests, which do not wait for ten seconds.
  init(uncheckedInterval: Duration, timeout: Duration, asksWithoutCalls: Bool) {
    interval = uncheckedInterval
    self.timeout = timeout
    self.asksWithoutCalls = asksWithoutCalls
  }
}

/// Where the watch over a peer stands; its connection has the clock and the timer.
///
///   listening ─ timerFired, nothing heard ─▶ asking ─ heard ─▶ listening
///                                              └─ timerFired ─▶ (the peer is gone)
struct Keepalive {
  private enum State {
    /// → asking
    case listening
    /// A PING is out. → listening
    case asking
  }

  private let configuration: KeepaliveConfiguration
  private var state = State.listening
  private var lastHeard: NIODeadline

  /// The payload that tells this PING from others.
  static let pingPayload: UInt64 = 0x6672_6573_6865_743f  // “freshet?”

  init(_ configuration: KeepaliveConfiguration, now: NIODeadline) {
    self.configuration = configuration
    lastHeard = now
  }

  /// When the timer is to fire first.
  var firstCheck: NIODeadline { lastHeard + TimeAmount(configuration.interval) }

  /// Any byte of the peer is a sign of life.
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
