// The states of an attempt by table.
import Testing

@testable import FreshetClient

@Suite struct AttemptStateTests {
  private static let states: [AttemptState] = [.waiting, .sent, .answered, .ended]

  private func expect(_ before: AttemptState, _ after: AttemptState, _ event: (inout AttemptState) -> Bool) {
    var state = before
    let isAllowed = event(&state)
    #expect(isAllowed == (before != after))
    #expect(state == after)
  }

  @Test(arguments: zip(states, [.sent, .sent, .answered, .ended] as [AttemptState]))
  func `a waiting attempt is opened on a connection`(before: AttemptState, after: AttemptState) {
    expect(before, after) { $0.open() }
  }

  @Test(arguments: zip(states, [.waiting, .waiting, .answered, .ended] as [AttemptState]))
  func `an unanswered attempt may be repeated`(before: AttemptState, after: AttemptState) {
    expect(before, after) { $0.renew() }
  }

  @Test(arguments: zip(states, [.waiting, .answered, .answered, .ended] as [AttemptState]))
  func `an attempt is answered once`(before: AttemptState, after: AttemptState) {
    expect(before, after) { $0.receiveHead() }
  }

  @Test(arguments: states)
  func `an attempt ends once`(before: AttemptState) { expect(before, .ended) { $0.end() } }
}
