// A channel's state as last published by its policy, and the calls that wait for the next update (grpc-channel.md R19,
// R23–R25).
import FreshetCore

/// A channel's picker, and the calls that it queues, in order of arrival.
struct ChannelState<Call: WaitingCall> {
  private(set) var connectivity = ConnectivityState.idle
  private var picker: any Picker = QueuePicker()
  private var waiting: WaitingCalls<Call> = []
  /// Counts pickers, so that a used one can be distinguished from a newer one.
  private(set) var pickerNumber: UInt64 = 0

  enum OnWant {
    /// The call goes to this subchannel.
    case give(Subchannel)
    case wait
    /// It waits, and the policy is idle.
    case waitAndExitIdle
    case fail(RPCError)
  }

  /// A call is to be sent (R19). Fails fast only if the picker says so, never while connecting (C11).
  mutating func want(_ call: Call) -> OnWant {
    if connectivity == .shutDown { return .fail(.channelIsShutDown) }
    switch picker.pick(call.request) {
    case .complete(let subchannel): return .give(subchannel)
    case .queue: return wait(call)
    case .fail(let error): return call.waitsForReady ? wait(call) : .fail(error)
    case .drop(let error): return .fail(error)
    }
  }

  /// The picked subchannel takes no more calls: the call waits for the next picker, unless that is already there (R24).
  /// - Parameter number: that of the picker.
  mutating func wantAgain(_ call: Call, after number: UInt64) -> OnWant {
    if number != pickerNumber || connectivity == .shutDown { return want(call) }
    return wait(call)
  }

  private mutating func wait(_ call: Call) -> OnWant {
    waiting.append(call)
    return connectivity == .idle ? .waitAndExitIdle : .wait
  }

  enum OnConnect { case wait, waitAndExitIdle, ready, fail(RPCError) }

  /// A connection is wanted before there is a call for it.
  func wantConnection() -> OnConnect {
    switch connectivity {
    case .idle: return .waitAndExitIdle
    case .connecting: return .wait
    case .ready: return .ready
    case .transientFailure:
      switch picker.pick(ClientCallRequest(method: "", options: CallOptions())) {
      case .fail(let error), .drop(let error): return .fail(error)
      case .complete: return .ready
      case .queue: return .wait
      }
    case .shutDown: return .fail(.channelIsShutDown)
    }
  }

  /// The policy has published an update.
  /// - Returns: the waiting calls, to be tried again in order.
  mutating func publish(_ state: ConnectivityState, _ picker: any Picker) -> [Call] {
    if connectivity == .shutDown { return [] }
    connectivity = state
    self.picker = picker
    pickerNumber += 1
    return waiting.removeAll()
  }

  /// A waiting call was cancelled.
  mutating func forget(_ call: Call) { waiting.remove(call) }

  /// - Returns: the waiting calls.
  mutating func shutDown() -> [Call] {
    connectivity = .shutDown
    picker = QueuePicker()  // releases subchannels
    return waiting.removeAll()
  }
}

/// The part of a call that waiting for a connection needs.
protocol WaitingCall: AnyObject {
  var request: ClientCallRequest { get }
  var waitsForReady: Bool { get }
}

extension RPCError {
  static var channelIsShutDown: RPCError { RPCError(code: .unavailable, message: "the channel was shut down") }
}
