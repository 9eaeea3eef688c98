// The states of a client's call by table.
import Testing

@testable import FreshetClient

@Suite struct ClientCallStateTests {
  private static let all: [ClientCallState] = [.created, .connecting, .awaitingHead, .receiving, .finished]

  @Test(arguments: zip(all, [ClientCallState.connecting, .connecting, .awaitingHead, .receiving, .finished]))
  func `a call starts once`(before: ClientCallState, after: ClientCallState) {
    var state = before
    #expect(state.start() == (before == .created))
    #expect(state == after)
  }

  @Test(arguments: zip(all, [ClientCallState.created, .awaitingHead, .awaitingHead, .receiving, .finished]))
  func `a call is opened while it waits for a connection`(before: ClientCallState, after: ClientCallState) {
    var state = before
    #expect(state.open() == (before == .connecting))
    #expect(state == after)
  }

  @Test(arguments: zip(all, [ClientCallState.created, .connecting, .receiving, .receiving, .finished]))
  func `the head is received once`(before: ClientCallState, after: ClientCallState) {
    var state = before
    #expect(state.receiveHead() == (before == .awaitingHead))
    #expect(state == after)
  }

  @Test(arguments: zip(all, ["keepForStart", "tellAndForget", "tell", "tell", "ignore"]))
  func `the first outcome counts`(before: ClientCallState, answer: String) {
    var state = before
    #expect("\(state.finish())" == answer)
    #expect(state == .finished)
    #expect(state.finish() == .ignore)
  }
}
