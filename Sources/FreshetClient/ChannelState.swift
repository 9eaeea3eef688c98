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
  case connecting(Attempt, waiting: WaitingCalls<Call>)
  /// → idle, shutDown
  case ready(Attempt)
  /// The last attempt failed with this; only calls that wait for a ready connection are here. → connecting, idle,
  /// shutDown
  case backingOff(RPCError, waiting: WaitingCalls<Call>)
  /// Final.
  case shutDown

  enum OnWant { case open(Attempt), connect, wait, fail(RPCError) }

  /// A call wants to be sent. Fails fast only while backing off, never while connecting (C11).
  mutating func want(_ call: Call) -> OnWant {
    switch self {
    case .idle: return .connect
    case .ready(let attempt): return .open(attempt)
    case .connecting(let attempt, var waiting):
      self = .idle  // lets go of the queue, so that it grows in place
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
  mutating func connect(_ attempt: Attempt, for waiting: [Call]) {
    self = .connecting(attempt, waiting: WaitingCalls(waiting))
  }

  /// The attempt's connection can take calls.
  /// - Returns: the calls that waited for it.
  mutating func becameReady(_ attempt: Attempt) -> [Call] {
    guard case .connecting(let current, var waiting) = self, current === attempt else { return [] }
    self = .ready(attempt)
    return waiting.removeAll()
  }

  enum OnFailure { case backOff(failing: [Call]), ignore }

  /// The attempt came to nothing.
  mutating func failed(_ attempt: Attempt, _ error: RPCError) -> OnFailure {
    guard case .connecting(let current, var queue) = self, current === attempt else { return .ignore }
    let waiting = queue.removeAll()
    self = .backingOff(error, waiting: WaitingCalls(waiting.filter { $0.waitsForReady }))
    return .backOff(failing: waiting.filter { !$0.waitsForReady })
  }

  enum OnBackOffEnd { case connect(for: [Call]), ignore }

  mutating func backOffEnded() -> OnBackOffEnd {
    guard case .backingOff(_, var waiting) = self else { return .ignore }
    self = .idle
    return waiting.isEmpty ? .ignore : .connect(for: waiting.removeAll())
  }

  /// The connection takes no new calls any more: it goes away, or is gone.
  mutating func lost(_ attempt: Attempt) {
    if case .ready(let current) = self, current === attempt { self = .idle }
  }

  /// A waiting call gave up.
  mutating func forget(_ call: Call) {
    switch self {
    case .connecting(let attempt, var waiting):
      self = .idle
      waiting.remove(call)
      self = .connecting(attempt, waiting: waiting)
    case .backingOff(let error, var waiting):
      self = .idle
      waiting.remove(call)
      self = .backingOff(error, waiting: waiting)
    case .idle, .ready, .shutDown: break
    }
  }

  /// - Returns: the calls that waited.
  mutating func shutDown() -> [Call] {
    defer { self = .shutDown }
    switch self {
    case .connecting(_, var waiting), .backingOff(_, var waiting): return waiting.removeAll()
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
