// The states of a channel by table.
import FreshetCore
import Testing

@testable import FreshetClient

@Suite struct ChannelStateTests {
  private final class Pass {}
  private final class Subchannel {}
  private final class Call: WaitingCall {
    let waitsForReady: Bool
    init(waits: Bool = false) { waitsForReady = waits }
  }
  private typealias State = ChannelState<Pass, Subchannel, Call>

  private let pass = Pass(), oldPass = Pass()
  private let current = Subchannel(), old = Subchannel()
  private let plain = Call(), patient = Call(waits: true)
  private let error = RPCError(code: .unavailable, message: "refused")
  private static let names = ["idle", "connecting", "ready", "backingOff", "shutDown"]

  private func state(_ name: String) -> State {
    switch name {
    case "idle": .idle
    case "connecting": .connecting(pass, waiting: [plain, patient])
    case "ready": .ready(current)
    case "backingOff": .backingOff(error, waiting: [patient])
    default: .shutDown
    }
  }

  private func name(_ state: State) -> String {
    switch state {
    case .idle: "idle"
    case .connecting(_, let waiting): "connecting \(waiting.count)"
    case .ready: "ready"
    case .backingOff(_, let waiting): "backingOff \(waiting.count)"
    case .shutDown: "shutDown"
    }
  }

  private func name(_ answer: State.OnWant) -> String {
    switch answer {
    case .open: "open"
    case .connect: "connect"
    case .wait: "wait"
    case .fail(let error): "fail: \(error.message)"
    }
  }

  @Test(arguments: zip(names, ["connect", "wait", "open", "fail: refused", "fail: the channel was shut down"]))
  func `C11: a call fails fast while backing off, never while connecting or idle`(before: String, expected: String) {
    var state = state(before)
    #expect(name(state.want(Call())) == expected)
  }

  @Test(arguments: zip(names, ["connect", "wait", "open", "wait", "fail: the channel was shut down"]))
  func `C11: a patient call waits while backing off too`(before: String, expected: String) {
    var state = state(before)
    #expect(name(state.want(Call(waits: true))) == expected)
  }

  @Test(arguments: zip(names, ["connect", "wait", "ready", "fail: refused", "fail: the channel was shut down"]))
  func `a connection is wanted without a call`(before: String, expected: String) {
    let answer =
      switch state(before).wantConnection() {
      case .connect: "connect"
      case .wait: "wait"
      case .ready: "ready"
      case .fail(let error): "fail: \(error.message)"
      }
    #expect(answer == expected)
  }

  @Test(arguments: zip(names, ["idle", "ready", "ready", "backingOff 1", "shutDown"]))
  func `a pass finds a subchannel while it is the current one`(before: String, after: String) {
    var state = state(before)
    #expect(state.becameReady(oldPass, old).isEmpty)
    #expect(name(state) == name(self.state(before)))
    #expect(state.becameReady(pass, current).count == (before == "connecting" ? 2 : 0))
    #expect(name(state) == after)
  }

  @Test(arguments: zip(names, ["idle", "backingOff 1", "ready", "backingOff 1", "shutDown"]))
  func `a failed pass fails the impatient calls and keeps the others`(before: String, after: String) {
    var state = state(before)
    if case .backOff = state.failed(oldPass, error) { Issue.record("an old pass failed the channel") }
    switch state.failed(pass, error) {
    case .backOff(let failing):
      #expect(before == "connecting")
      #expect(failing.count == 1)
      #expect(failing.first === plain)
    case .ignore: #expect(before != "connecting")
    }
    #expect(name(state) == after)
  }

  @Test(arguments: zip(names, ["idle", "connecting 2", "ready", "idle", "shutDown"]))
  func `the back-off's end connects for those who wait`(before: String, after: String) {
    var state = state(before)
    switch state.backOffEnded() {
    case .connect(let waiting):
      #expect(before == "backingOff")
      #expect(waiting.first === patient)
    case .ignore: #expect(before != "backingOff")
    }
    #expect(name(state) == after)
  }

  @Test func `a back-off that nobody waits for ends in idle`() {
    var state = State.backingOff(error, waiting: [])
    if case .connect = state.backOffEnded() { Issue.record("connected for nobody") }
    #expect(name(state) == "idle")
  }

  @Test(arguments: zip(names, ["idle", "connecting 2", "idle", "backingOff 1", "shutDown"]))
  func `a lost connection makes a ready channel idle`(before: String, after: String) {
    var state = state(before)
    state.lost(old)
    #expect(name(state) == name(self.state(before)))
    state.lost(current)
    #expect(name(state) == after)
  }

  @Test(arguments: zip(names, ["idle", "connecting 1", "ready", "backingOff 0", "shutDown"]))
  func `a call that gives up is forgotten`(before: String, after: String) {
    var state = state(before)
    state.forget(Call())
    #expect(name(state) == name(self.state(before)))
    state.forget(patient)
    #expect(name(state) == after)
  }

  @Test(arguments: zip(names, [0, 2, 0, 1, 0]))
  func `shutDown gives back those who wait and the pass, once, and is final`(before: String, waiting: Int) {
    var state = state(before)
    let left = state.shutDown()
    #expect(left.waiting.count == waiting)
    #expect(left.pass === (before == "connecting" ? pass : nil))
    #expect(state.shutDown().waiting.isEmpty)
    #expect(state.becameReady(pass, current).isEmpty)
    state.lost(current)
    if case .connect = state.backOffEnded() { Issue.record("connected after the end") }
    #expect(name(state) == "shutDown")
  }
}
