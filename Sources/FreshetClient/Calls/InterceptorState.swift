// Which interceptors of a call must be notified of its end, and when.
//
//   starting ─ startsEnded ─▶ started ─ callEnded ─▶ ended ─ takeEnd ─▶ told
//      └──── callEnded ─────▶ endedEarly ─ startsEnded ──▲
import FreshetCore

/// Those whose `startCall` has returned are notified, once, and never while another one's is still running.
enum InterceptorState {
  /// `startCall` runs. → started, endedEarly
  case starting
  /// This many have seen the call's start. → ended
  case started(Int)
  /// The call was cancelled while `startCall` ran. → ended
  case endedEarly(RPCError?)
  /// → told
  case ended(Int, RPCError?)
  /// Final.
  case told

  init() { self = .starting }

  mutating func startsEnded(_ count: Int) {
    switch self {
    case .starting: self = .started(count)
    case .endedEarly(let error): self = .ended(count, error)
    case .started, .ended, .told: preconditionFailure("the interceptors of a call have run twice: \(self)")
    }
  }

  mutating func callEnded(_ error: RPCError?) {
    switch self {
    case .starting: self = .endedEarly(error)
    case .started(let count): self = .ended(count, error)
    case .endedEarly, .ended, .told: break  // the first end counts
    }
  }

  enum OnTakeEnd { case tell(Int, RPCError?), ignore }

  mutating func takeEnd() -> OnTakeEnd {
    guard case .ended(let count, let error) = self else { return .ignore }
    self = .told
    return .tell(count, error)
  }
}
