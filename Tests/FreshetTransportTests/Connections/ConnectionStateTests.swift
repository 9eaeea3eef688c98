// The states of a connection by table.
import Testing

@testable import FreshetTransport

@Suite struct ConnectionStateTests {
  private static let closed = ConnectionState.closed(TransportError(.closedByPeer, "first"))
  private static let names = ["securing", "opening", "ready", "flushing", "closed"]

  private static func state(_ name: String) -> ConnectionState {
    switch name {
    case "securing": .securing
    case "opening": .opening
    case "ready": .ready
    case "flushing": .flushing(TransportError(.closedByUs, "first"))
    default: closed
    }
  }

  private static func name(_ state: ConnectionState) -> String {
    switch state {
    case .securing: "securing"
    case .opening: "opening"
    case .ready: "ready"
    case .flushing(let error): error.message == "first" ? "flushing" : "flushing anew"
    case .closed(let error): error.message == "first" ? "closed" : "closed anew"
    }
  }

  @Test(arguments: zip(names, ["opening", "opening", "ready", "flushing", "closed"]))
  func `tlsOpened only matters while securing`(before: String, after: String) {
    var state = Self.state(before)
    _ = state.tlsOpened()
    #expect(Self.name(state) == after)
  }

  @Test(arguments: zip(names, ["securing", "ready", "ready", "flushing", "closed"]))
  func `the first SETTINGS make a connection ready`(before: String, after: String) {
    var state = Self.state(before)
    #expect(state.receiveSettings() == (before == "opening" ? .becameReady : .ignore))
    #expect(Self.name(state) == after)
  }

  @Test(arguments: zip(names, ["flushing", "flushing", "flushing", "flushing", "closed"]))
  func `finish flushes once`(before: String, after: String) {
    var state = Self.state(before)
    #expect(
      state.finish(TransportError(.closedByUs, "first"))
        == (["flushing", "closed"].contains(before) ? .ignore : .closeAfterFlush))
    #expect(Self.name(state) == after)
  }

  @Test(arguments: names)
  func `close reports once, with the first reason, including a flush's`(before: String) {
    var state = Self.state(before)
    let later = ["flushing", "closed"].contains(before) ? "later" : "first"
    switch state.close(TransportError(.closedByUs, later)) {
    case .tell(let error): #expect(before != "closed" && error.message == "first")
    case .ignore: #expect(before == "closed")
    }
    if case .tell = state.close(TransportError(.closedByUs, "second")) { Issue.record("told twice") }
    #expect(Self.name(state) == "closed")
    #expect(state.isClosed)
  }

  @Test(arguments: zip(names, [true, true, true, false, false]))
  func `bytes matter until the flush`(name: String, isReceiving: Bool) {
    #expect(Self.state(name).isReceiving == isReceiving)
  }
}
