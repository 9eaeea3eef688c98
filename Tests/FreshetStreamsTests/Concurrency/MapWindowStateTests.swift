// A concurrent map's state as a table, with names for continuations.
import TestSupport
import Testing

@testable import FreshetStreams

@Suite("MapWindowState")
struct MapWindowStateTests {
  private typealias Machine = MapWindowState<Int, Broken, String, String>

  /// Plays events and returns the last answer: a admit, b begin, 0…9 the work on that element is done, x…z it failed
  /// (0…2), t take, r release, f finish, e finish with an error, s stop.
  private func lastAnswer(to script: String, limit: Int, ordered: Bool) -> String {
    var machine = Machine(limit: limit, ordered: ordered)
    var answer = ""
    for event in script {
      switch event {
      case "a":
        switch machine.admit("feeder") {
        case .admit: answer = "admit"
        case .wait: answer = "wait"
        case .stop: answer = "stop"
        }
      case "b": answer = "\(machine.begin())"
      case "t":
        switch machine.take("taker") {
        case .give(let result): answer = "give \(describe(result))"
        case .end(let failure): answer = failure == nil ? "end" : "end with error"
        case .wait: answer = "wait"
        }
      case "r": answer = machine.release() ?? "-"
      case "f": answer = machine.finish(nil) ?? "-"
      case "e": answer = machine.finish(Broken()) ?? "-"
      case "s": answer = machine.stop() ?? "-"
      case "x", "y", "z":
        let number = Int(event.asciiValue! - Character("x").asciiValue!)
        answer = machine.put(.failure(Broken(number)), number: number).map { "\($0.0) \(describe($0.1))" } ?? "-"
      default:
        let number = event.wholeNumberValue!
        answer = machine.put(.success(number), number: number).map { "\($0.0) \(describe($0.1))" } ?? "-"
      }
    }
    return answer
  }

  private func describe(_ result: Result<Int, Broken>) -> String {
    switch result {
    case .success(let number): "\(number)"
    case .failure: "error"
    }
  }

  @Test(
    arguments: [
      ("a", "admit"), ("ab", "0"), ("aba", "admit"), ("abab", "1"), ("ababa", "wait"), ("t", "wait"), ("ab0", "-"),
      ("abt0", "taker 0"), ("ab0t", "give 0"), ("abab1t", "wait"), ("ababt1", "-"), ("ababt10", "taker 0"),
      ("abab10t", "give 0"), ("abab10tt", "give 1"), ("ababx1t", "give error"), ("ababy0t", "give 0"),
      // The element being received keeps its place until the next is wanted.
      ("ab0tab", "1"), ("ab0taba", "wait"), ("ab0tabar", "feeder"), ("ab0tr", "-"),
      // The end comes after the elements being worked on.
      ("f", "-"), ("ft", "end"), ("et", "end with error"), ("tf", "taker"), ("te", "taker"), ("abft", "wait"),
      ("abft0", "taker 0"), ("ab0ftt", "end"), ("abt0f", "-"), ("abt0tf", "taker"),
      // Results are no longer taken.
      ("s", "-"), ("sa", "stop"), ("ababas", "feeder"), ("ababs0", "-"), ("sf", "-"),
    ])
  func `Ordered, results come in the order in which their work began`(script: String, answer: String) {
    #expect(lastAnswer(to: script, limit: 2, ordered: true) == answer)
  }

  @Test(
    arguments: [
      ("abab1t", "give 1"), ("abab10t", "give 1"), ("abab10tt", "give 0"), ("ababt1", "taker 1"),
      ("ababt1t0", "taker 0"),
      ("ababy", "-"), ("ababyt", "give error"), ("abab1ft", "give 1"), ("abab1ftt", "wait"), ("abab1ftt0", "taker 0"),
      ("abab1ftt0t", "end"), ("ababa", "wait"), ("abab1ta", "wait"), ("abab1tar", "feeder"),
    ])
  func `Unordered, results come in the order of completion`(script: String, answer: String) {
    #expect(lastAnswer(to: script, limit: 2, ordered: false) == answer)
  }
}
