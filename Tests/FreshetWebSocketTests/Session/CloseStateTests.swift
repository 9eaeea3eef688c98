// The closing handshake, every state with every event (W72).
import Testing

@testable import FreshetWebSocket

@Suite struct CloseStateTests {
  private static let theirs = CloseFrame(.goingAway, reason: "bye")
  private static let ours = CloseFrame(.normal)
  private static let fault = WebSocketError.violation("a rule is broken")
  private static let lost = WebSocketError(.lost, code: .abnormal, "lost")

  private static let states: [CloseState] = [
    .open, .answering(theirs), .closing(ours), .failing(fault), .closed(theirs), .failed(fault),
  ]

  @Test func `a peer's close is answered once`() {
    let after: [(CloseState, CloseState.OnClose)] = [
      (.answering(Self.theirs), .deliver), (.answering(Self.theirs), .ignore), (.closed(Self.theirs), .conclude),
      (.failing(Self.fault), .ignore), (.closed(Self.theirs), .ignore), (.failed(Self.fault), .ignore),
    ]
    for (state, (next, answer)) in zip(Self.states, after) {
      var state = state
      #expect(state.receiveClose(Self.theirs) == answer)
      #expect(state == next)
    }
  }

  @Test func `this side's close has the peer's code, its fault, or what is wanted, and is sent once`() {
    let after: [(CloseState, CloseFrame?)] = [
      (.closing(Self.ours), Self.ours), (.closed(Self.theirs), CloseFrame(.goingAway)), (.closing(Self.ours), nil),
      (.failed(Self.fault), CloseFrame(.protocolError, reason: "a rule is broken")), (.closed(Self.theirs), nil),
      (.failed(Self.fault), nil),
    ]
    for (state, (next, frame)) in zip(Self.states, after) {
      var state = state
      #expect(state.sendClose(Self.ours) == frame)
      #expect(state == next)
    }
  }

  @Test func `a fault is reported while something is read`() {
    let after: [(CloseState, CloseState.OnFault)] = [
      (.failing(Self.fault), .deliver(Self.fault)), (.answering(Self.theirs), .ignore),
      (.failed(Self.fault), .deliver(Self.fault)), (.failing(Self.fault), .ignore), (.closed(Self.theirs), .ignore),
      (.failed(Self.fault), .ignore),
    ]
    for (state, (next, answer)) in zip(Self.states, after) {
      var state = state
      #expect(state.fail(Self.fault) == answer)
      #expect(state == next)
    }
  }

  @Test func `the connection's end is a failure unless the peer has closed`() {
    let after: [(CloseState, CloseState.OnFault)] = [
      (.failed(Self.lost), .deliver(Self.lost)), (.answering(Self.theirs), .ignore),
      (.failed(Self.lost), .deliver(Self.lost)), (.failing(Self.fault), .ignore), (.closed(Self.theirs), .ignore),
      (.failed(Self.fault), .ignore),
    ]
    for (state, (next, answer)) in zip(Self.states, after) {
      var state = state
      #expect(state.receiveEnd(Self.lost) == answer)
      #expect(state == next)
    }
  }

  @Test func `messages are sent until this side's close, and read until the other's`() {
    #expect(Self.states.map(\.isSending) == [true, true, false, true, false, false])
    #expect(Self.states.map(\.isReceiving) == [true, false, true, false, false, false])
  }
}
