// The states of a subchannel by table.
import FreshetTransport
import Testing

@testable import FreshetClient

@Suite struct SubchannelStateTests {
  private static let names = ["idle", "connecting", "ready", "failed", "shutDown"]
  private static let error = TransportError(.connect, "refused")

  private func state(_ name: String) -> SubchannelState {
    switch name {
    case "idle": .idle
    case "connecting": .connecting
    case "ready": .ready
    case "failed": .transientFailure(Self.error)
    default: .shutDown
    }
  }

  private func name(_ state: SubchannelState) -> String {
    switch state {
    case .idle: "idle"
    case .connecting: "connecting"
    case .ready: "ready"
    case .transientFailure: "failed"
    case .shutDown: "shutDown"
    }
  }

  /// Applies `event`, whose result must say whether anything changed.
  private func expect(
    _ before: String, _ after: String, _ event: (inout SubchannelState) -> Bool
  ) {
    var state = state(before)
    let hasChanged = event(&state)
    #expect(name(state) == after)
    #expect(hasChanged == (before != after))
  }

  @Test(arguments: zip(names, ["connecting", "connecting", "ready", "connecting", "shutDown"]))
  func `R26: an attempt begins when there is none, and no connection`(before: String, after: String) {
    expect(before, after) { $0.connect() }
  }

  @Test(arguments: zip(names, ["idle", "ready", "ready", "failed", "shutDown"]))
  func `R26: an attempt becomes ready`(before: String, after: String) {
    expect(before, after) { $0.becomeReady() }
  }

  @Test(arguments: zip(names, ["idle", "failed", "idle", "failed", "shutDown"]))
  func `R26: an attempt fails, and a connection that is lost makes it idle`(before: String, after: String) {
    expect(before, after) { $0.leave(Self.error) }
  }

  @Test(arguments: names)
  func `shutDown is final`(before: String) {
    expect(before, "shutDown") { $0.shutDown() }
  }
}
