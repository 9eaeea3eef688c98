// A broadcast's state as a table, with names for continuations.
import TestSupport
import Testing

@testable import FreshetStreams

@Suite("BroadcastState")
struct BroadcastStateTests {
  private typealias Machine = BroadcastState<Int, Broken, String, String>

  /// Plays events and returns the last answer: w d x a new subscriber that waits, drops, disconnects (bound 1),
  /// numbered from 1; 1…3 a request of that one; o offer (elements count from 1); r rest; f finish; e fail; A…C that
  /// one leaves.
  private func lastAnswer(to script: String) -> String {
    var machine = Machine()
    var answer = ""
    var element = 0
    for event in script {
      switch event {
      case "w": answer = id(machine.subscribe(bound: 1, overflow: .wait))
      case "d": answer = id(machine.subscribe(bound: 1, overflow: .dropOldest))
      case "x": answer = id(machine.subscribe(bound: 1, overflow: .disconnect))
      case "o":
        element += 1
        let served = machine.offer(element).waiters.map { "\($0.0)\($0.missed > 0 ? " missed \($0.missed)" : "")" }
        answer = served.isEmpty ? "-" : served.joined(separator: ",")
      case "r":
        switch machine.rest("pump") {
        case .pull: answer = "pull"
        case .wait: answer = "wait"
        case .stop: answer = "stop"
        }
      case "f", "e":
        let waiting = machine.end(event == "f" ? nil : Broken())
        answer = waiting.isEmpty ? "-" : waiting.joined(separator: ",")
      case "A", "B", "C":
        let gone = machine.leave(Int(event.asciiValue! - Character("@").asciiValue!))
        let waiters = gone.waiters.isEmpty ? "-" : gone.waiters.joined(separator: ",")
        answer = "\(waiters) \(gone.isLast ? "last" : "stays") \(gone.pump ?? "-")"
      default: answer = describe(machine.demand(event.wholeNumberValue!, "s\(event)"))
      }
    }
    return answer
  }

  private func id(_ id: Int?) -> String { id.map(String.init) ?? "over" }

  private func describe(_ answer: Machine.OnDemand) -> String {
    switch answer {
    case .start: "start"
    case .wait(let pump): "wait\(pump.map { " wake \($0)" } ?? "")"
    case .give(.element(let element, let missed), let pump):
      "give \(element)\(missed > 0 ? " missed \(missed)" : "")\(pump.map { " wake \($0)" } ?? "")"
    case .give(.end(let failure), _): failure == nil ? "end" : "end with error"
    case .give(.disconnected, _): "disconnected"
    }
  }

  @Test(
    arguments: [
      // No requests yet.
      ("w", "1"), ("ww", "2"), ("w1", "start"), ("wA", "- last -"), ("wwA", "- stays -"), ("wwAB", "- last -"),
      ("wAw", "over"),
      // The pump requests when one waits and none blocks.
      ("w1r", "pull"), ("w1o", "s1"), ("w1or", "wait"), ("w1or1", "wait wake pump"), ("ww1o", "s1"), ("ww1or", "wait"),
      ("ww1or1", "wait"), ("ww1or12", "give 1 wake pump"), ("wd1o1r", "pull"), ("wx1o1r", "pull"),
      ("ww1or1B", "- stays pump"),
      ("ww12o", "s1,s2"),
      // Slow subscribers.
      ("wd1o1o", "s1"), ("wd1o1o2", "give 2 missed 1"), ("wd1o1o1o2", "give 3 missed 2"), ("wd1o1o22o", "s2"),
      ("wx1o1o2", "give 1"), ("wx1o1o22", "disconnected"), ("wx1o1o222", "end"), ("wx1o1oB", "- stays -"),
      ("wx1o1oAr", "stop"), ("wx1o1oA22", "disconnected"),
      // The end comes after the buffered elements.
      ("w1f", "s1"), ("w1e", "s1"), ("w1f1", "end"), ("ww1of2", "give 1"), ("ww1of22", "end"),
      ("ww1oe22", "end with error"),
      ("ww1oe222", "end"), ("w1fw", "over"), ("w1fA", "- stays -"),
      // The last one leaves.
      ("w1A", "s1 last -"), ("w1orA", "- last pump"), ("w1Ar", "stop"), ("w1Ao", "-"), ("w1Af", "-"),
      ("w1AA", "- stays -"),
      ("w1A1", "end"), ("w1ow", "2"), ("w1ow2", "wait"),
      // Two requests of the same subscriber.
      ("w11", "wait"), ("w11o", "s1"), ("w11oo", "s1"), ("w11or", "pull"), ("w11f", "s1,s1"), ("w11A", "s1,s1 last -"),
    ])
  func `Each event has its answer`(script: String, answer: String) {
    #expect(lastAnswer(to: script) == answer)
  }
}
