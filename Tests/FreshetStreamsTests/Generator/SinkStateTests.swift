// The turns at the sink as a table: every state × every event, with names for continuations.
import TestSupport
import Testing

@testable import FreshetStreams

@Suite("SinkState")
struct SinkStateTests {
  /// Plays events (t try to enter, w enter or wait, l leave, f fail, e end) and returns the last answer. Waiters are
  /// named after the number of their event.
  private func lastAnswer(to script: String) -> String {
    var state = SinkState<String>.free
    var answer = ""
    for (index, event) in script.enumerated() {
      switch event {
      case "t": answer = describe(state.enter(nil))
      case "w": answer = describe(state.enter("w\(index + 1)"))
      case "l": answer = "next \(state.leave() ?? "-")"
      case "f": answer = "fail " + state.close(.failed(Broken())).joined(separator: ",")
      default: answer = "fail " + state.close(.ended).joined(separator: ",")
      }
    }
    return answer
  }

  private func describe(_ entry: SinkState<String>.Entry) -> String {
    switch entry {
    case .enter: "enter"
    case .wait: "wait"
    case .fail(let error): "\(type(of: error))"
    }
  }

  @Test(
    arguments: [
      // free
      ("t", "enter"), ("w", "enter"), ("l", "next -"), ("f", "fail "), ("e", "fail "),
      // busy
      ("tt", "wait"), ("tw", "wait"), ("tl", "next -"), ("tlt", "enter"), ("tf", "fail "), ("te", "fail "),
      // busy, with waiters
      ("tww", "wait"), ("twwl", "next w2"), ("twwll", "next w3"), ("twwllt", "wait"), ("twwlll", "next -"),
      ("twwlllt", "enter"), ("twwf", "fail w2,w3"), ("twwe", "fail w2,w3"), ("ttl", "next -"),
      // failed
      ("tft", "Broken"), ("tfw", "Broken"), ("tfl", "next -"), ("tff", "fail "), ("tfe", "fail "),
      ("tfet", "CancellationError"),
      // ended
      ("et", "CancellationError"), ("ew", "CancellationError"), ("el", "next -"), ("ef", "fail "),
      ("eft", "CancellationError"), ("ee", "fail "),
    ])
  func `Each event in each state has its answer`(script: String, answer: String) {
    #expect(lastAnswer(to: script) == answer)
  }
}
