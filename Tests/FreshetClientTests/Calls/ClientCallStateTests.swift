// The states of a client's call by table.
import Testing

@testable import FreshetClient

@Suite struct ClientCallStateTests {
  private static let states: [ClientCallState] = [.created, .buffering, .committed, .finished]

  private func expect(
    _ before: ClientCallState, _ after: ClientCallState, _ event: (inout ClientCallState) -> Bool
  ) {
    var state = before
    let isAllowed = event(&state)
    #expect(isAllowed == (before != after))
    #expect(state == after)
  }

  @Test(arguments: zip(states, [.buffering, .buffering, .committed, .finished] as [ClientCallState]))
  func `a call starts once`(before: ClientCallState, after: ClientCallState) { expect(before, after) { $0.start() } }

  @Test(arguments: zip(states, [.created, .committed, .committed, .finished] as [ClientCallState]))
  func `R71: the first response commits a call`(before: ClientCallState, after: ClientCallState) {
    expect(before, after) { $0.commit() }
  }

  @Test(arguments: zip(states, [.keepForStart, .tell, .tell, .ignore] as [ClientCallState.OnFinish]))
  func `only the first outcome counts, and one before the start waits for it`(
    before: ClientCallState, expected: ClientCallState.OnFinish
  ) {
    var state = before
    let answer = state.finish()
    #expect(answer == expected)
    #expect(state == .finished)
  }
}
