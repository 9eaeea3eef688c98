// Whether a channel has a connection, and who waits for one.
//
//   idle ─ want ─▶ connecting ─ becameReady ─▶ ready ─ lost ─▶ idle
//                     │  ▲                                      ▲
//                failed  └── backOffEnded (calls wait) ──┐      │
//                     └─────────▶ backingOff ────────────┴──────┘ (nobody waits)
//   shutDown from every state
import FreshetCore

/// The state of a channel. `Pass` is one try to connect to any of the target's addresses, `Subchannel` the connection that
/// comes of it, `Call` a call that waits.
enum ChannelState<Pass: AnyObject, Subchannel: AnyObject, Call: WaitingCall> {
  /// No connection, and no reason to make one. → connecting, shutDown
  case idle
  /// → ready, backingOff, shutDown
  case connecting(Pass, waiting: WaitingCalls<Call>)
  /// → idle, shutDown
  case ready(Subchannel)
  /// The last pass failed with this; only calls that wait for a ready connection are here. → connecting, idle,
  /// shutDown
  case backingOff(RPCError, waiting: WaitingCalls<Call>)
  /// Final.
  case shutDown

  enum OnWant { case open(Subchannel), connect, wait, fail(RPCError) }

  /// A call wants to be sent. Fails fast only while backing off, never while connecting (C11).
  mutating func want(_ call: Call) -> OnWant {
    switch self {
    case .idle: return .connect
    case .ready(let subchannel): return .open(subchannel)
    case .connecting(let pass, var waiting):
      self = .idle  // lets go of the queue, so that it grows in place
      waiting.append(call)
      self = .connecting(pass, waiting: waiting)
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

  enum OnConnect { case connect, wait, ready, fail(RPCError) }

  /// A connection is wanted before there is a call for it.
  func wantConnection() -> OnConnect {
    switch self {
    case .idle: .connect
    case .connecting: .wait
    case .ready: .ready
    case .backingOff(let error, _): .fail(error)
    case .shutDown: .fail(.channelIsShutDown)
    }
  }

  /// A pass begins, for these calls or for none.
  mutating func connect(_ pass: Pass, for waiting: [Call]) {
    self = .connecting(pass, waiting: WaitingCalls(waiting))
  }

  /// The pass has found a subchannel that can take calls.
  /// - Returns: the calls that waited for it.
  mutating func becameReady(_ pass: Pass, _ subchannel: Subchannel) -> [Call] {
    guard case .connecting(let current, var waiting) = self, current === pass else { return [] }
    self = .ready(subchannel)
    return waiting.removeAll()
  }

  enum OnFailure { case backOff(failing: [Call]), ignore }

  /// The pass came to nothing.
  mutating func failed(_ pass: Pass, _ error: RPCError) -> OnFailure {
    guard case .connecting(let current, var queue) = self, current === pass else { return .ignore }
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
  mutating func lost(_ subchannel: Subchannel) {
    if case .ready(let current) = self, current === subchannel { self = .idle }
  }

  /// A waiting call gave up.
  mutating func forget(_ call: Call) {
    switch self {
    case .connecting(let pass, var waiting):
      self = .idle
      waiting.remove(call)
      self = .connecting(pass, waiting: waiting)
    case .backingOff(let error, var waiting):
      self = .idle
      waiting.remove(call)
      self = .backingOff(error, waiting: waiting)
    case .idle, .ready, .shutDown: break
    }
  }

  /// - Returns: the calls that waited, and a pass that is to be cancelled.
  mutating func shutDown() -> (waiting: [Call], pass: Pass?) {
    defer { self = .shutDown }
    switch self {
    case .connecting(let pass, var waiting): return (waiting.removeAll(), pass)
    case .backingOff(_, var waiting): return (waiting.removeAll(), nil)
    case .idle, .ready, .shutDown: return ([], nil)
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
