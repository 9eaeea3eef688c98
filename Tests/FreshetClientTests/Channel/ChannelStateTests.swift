// The fate of calls, by the last update of a channel's policy.
import FreshetCore
import FreshetTransport
import NIOCore
import NIOPosix
import Testing

@testable import FreshetClient

@Suite struct ChannelStateTests {
  private final class Call: WaitingCall {
    let waitsForReady: Bool
    let request = ClientCallRequest(method: "/a/b", options: CallOptions())
    init(waits: Bool = false) { waitsForReady = waits }
  }
  private typealias State = ChannelState<Call>

  private struct DropPicker: Picker {
    func pick(_ call: ClientCallRequest) -> PickResult { .drop(RPCError(code: .unavailable, message: "dropped")) }
  }

  private let core: FreshetClient.ChannelCore
  private let subchannel: Subchannel
  private let plain = Call(), patient = Call(waits: true)
  private let error = RPCError(code: .unavailable, message: "refused")
  private static let names = ["new", "idle", "connecting", "ready", "failing", "dropping", "shutDown"]

  init() {
    let options = FreshetClient.ChannelOptions(
      connector: .failure(error), authority: "x", scheme: "http", interceptors: [],
      configuration: ChannelConfiguration())
    core = FreshetClient.ChannelCore(options, on: LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next()))
    subchannel = Subchannel(core, to: .inProcess, on: core.executor)
  }

  /// Without waiting calls.
  private func state(_ name: String) -> State {
    var state = State()
    switch name {
    case "idle": _ = state.publish(.idle, QueuePicker())
    case "connecting": _ = state.publish(.connecting, QueuePicker())
    case "ready": _ = state.publish(.ready, SubchannelPicker(subchannel))
    case "failing": _ = state.publish(.transientFailure, FailPicker(error))
    case "dropping": _ = state.publish(.ready, DropPicker())
    case "shutDown": _ = state.shutDown()
    default: break
    }
    return state
  }

  private func name(_ answer: State.OnWant) -> String {
    switch answer {
    case .give(let subchannel): subchannel === self.subchannel ? "give" : "give another"
    case .wait: "wait"
    case .waitAndExitIdle: "connect"
    case .fail(let error): "fail: \(error.message)"
    }
  }

  private static let shutDown = "fail: the channel was shut down"

  @Test(arguments: zip(names, ["connect", "connect", "wait", "give", "fail: refused", "fail: dropped", shutDown]))
  func `R19: a call fails fast if the picker fails it, and waits while idle or connecting`(
    before: String, expected: String
  ) {
    var state = state(before)
    #expect(name(state.want(plain)) == expected)
  }

  @Test(arguments: zip(names, ["connect", "connect", "wait", "give", "wait", "fail: dropped", shutDown]))
  func `R19: a call that waits for ready also waits if the picker fails calls, but not if it drops them`(
    before: String, expected: String
  ) {
    var state = state(before)
    #expect(name(state.want(patient)) == expected)
  }

  @Test(arguments: zip(names, ["connect", "connect", "wait", "ready", "fail: refused", "ready", shutDown]))
  func `a connection is wanted without a call`(before: String, expected: String) {
    let answer =
      switch state(before).wantConnection() {
      case .waitAndExitIdle: "connect"
      case .wait: "wait"
      case .ready: "ready"
      case .fail(let error): "fail: \(error.message)"
      }
    #expect(answer == expected)
  }

  @Test(arguments: zip(names, ["connect", "connect", "wait", "wait", "wait", "wait", shutDown]))
  func `R24: a call whose subchannel was gone does not use the same picker again`(before: String, expected: String) {
    var state = state(before)
    let number = state.pickerNumber
    #expect(name(state.wantAgain(plain, after: number)) == expected)
  }

  @Test(arguments: zip(names, ["connect", "connect", "wait", "give", "fail: refused", "fail: dropped", shutDown]))
  func `R24: a call whose subchannel was gone uses a newer picker`(before: String, expected: String) {
    var state = state(before)
    #expect(name(state.wantAgain(plain, after: state.pickerNumber &- 1)) == expected)
  }

  @Test func `R25: a new picker retries all waiting calls, in order`() {
    var state = state("connecting")
    let calls = (0..<20).map { Call(waits: $0.isMultiple(of: 2)) }
    for call in calls { #expect(name(state.want(call)) == "wait") }
    state.forget(calls[7])
    let waiting = state.publish(.ready, SubchannelPicker(subchannel))
    #expect(waiting.map(ObjectIdentifier.init) == (calls[..<7] + calls[8...]).map(ObjectIdentifier.init))
    #expect(state.publish(.idle, QueuePicker()).isEmpty)
  }

  @Test(arguments: names)
  func `shutDown returns the waiting calls once, and is final`(before: String) {
    var state = state(before)
    let waits = name(state.want(patient)) == "wait" || ["new", "idle"].contains(before)
    #expect(state.shutDown().count == (waits ? 1 : 0))
    #expect(state.shutDown().isEmpty)
    #expect(state.publish(.ready, SubchannelPicker(subchannel)).isEmpty)
    #expect(state.connectivity == .shutDown)
    #expect(name(state.want(plain)) == Self.shutDown)
  }
}
