// Whether a channel has a connection, and who waits for one.
//
//   idle ─ want ─▶ connecting ─ becameReady ─▶ ready ─ lost ─▶ idle
//                     │  ▲                                      ▲
//                failed  └── backOffEnded (calls wait) ──┐      │
//                     └─────────▶ backingOff ────────────┴──────┘ (nobody waits)
//   shutDown from every state
import FreshetCore

/// The state of a channel. `Attempt` is one try to connect, and the connection that came of it; `Call` a call that
/// waits.
enum ChannelState<Attempt: AnyObject, Call: WaitingCall> {
  /// No connection, and no reason to make one. → connecting, shutDown
  case idle
  /// → ready, backingOff, shutDown
  case connecting(Attempt, waiting: [Call])
  /// → idle, shutDown
  case ready(Attempt)
  /// The last attempt failed with this; only calls that wait for a ready connection are here. → connecting, idle,
  /// shutDown
  case backingOff(RPCError, waiting: [Call])
  /// Final.
  case shutDown

  enum OnWant { case open(Attempt), connect, wait, fail(RPCError) }

  /// A call wants to be sent. Fails fast only while backing off, never while connecting (C11).
  mutating func want(_ call: Call) -> OnWant {
    switch self {
    case .idle: return .connect
    case .ready(let attempt): return .open(attempt)
    case .connecting(let attempt, var waiting):
      self = .idle  // lets go of the array, so that it grows in place
      waiting.append(call)
      self = .connecting(attempt, waiting: waiting)
      return .wait
    case .backingOff(let error, var waiting):
      guard call.waitsForReady else { return .fail(error) }
      self = .idle
      waiting.append(call)
      self = .backingOff(error, waiting: waiting)
      return .wait
    case .shutDown: return .fail(.channelIsShutDown)
    }
  }

  /// An attempt begins, for these calls or for nobody.
  mutating func connect(_ attempt: Attempt, for waiting: [Call]) { self = .connecting(attempt, waiting: waiting) }

  /// The attempt's connection can take calls.
  /// - Returns: the calls that waited for it.
  mutating func becameReady(_ attempt: Attempt) -> [Call] {
    guard case .connecting(let current, let waiting) = self, current === attempt else { return [] }
    self = .ready(attempt)
    return waiting
  }

  enum OnFailure { case backOff(failing: [Call]), ignore }

  /// The attempt came to nothing.
  mutating func failed(_ attempt: Attempt, _ error: RPCError) -> OnFailure {
    guard case .connecting(let current, let waiting) = self, current === attempt else { return .ignore }
    self = .backingOff(error, waiting: waiting.filter { $0.waitsForReady })
    return .backOff(failing: waiting.filter { !$0.waitsForReady })
  }

  enum OnBackOffEnd { case connect(for: [Call]), ignore }

  mutating func backOffEnded() -> OnBackOffEnd {
    guard case .backingOff(_, let waiting) = self else { return .ignore }
    self = .idle
    return waiting.isEmpty ? .ignore : .connect(for: waiting)
  }

  /// The connection takes no new calls any more: it goes away, or is gone.
  mutating func lost(_ attempt: Attempt) {
    if case .ready(let current) = self, current === attempt { self = .idle }
  }

  /// A waiting call gave up.
  mutating func forget(_ call: Call) {
    switch self {
    case .connecting(let attempt, let waiting): self = .connecting(attempt, waiting: waiting.filter { $0 !== call })
    case .backingOff(let error, let waiting): self = .backingOff(error, waiting: waiting.filter { $0 !== call })
    case .idle, .ready, .shutDown: break
    }
  }

  /// - Returns: the calls that waited.
  mutating func shutDown() -> [Call] {
    defer { self = .shutDown }
    switch self {
    case .connecting(_, let waiting), .backingOff(_, let waiting): return waiting
    case .idle, .ready, .shutDown: return []
    }
  }
}

/// A call, as far as waiting for a connection goes.
protocol WaitingCall: AnyObject {
  var waitsForReady: Bool { get }
}

extension RPCError {
  static var channelIsShutDown: RPCError { RPCError(code: .unavailable, message: "the channel was shut down") }
}
