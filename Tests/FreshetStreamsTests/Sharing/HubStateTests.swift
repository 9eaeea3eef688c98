// A hub's state as a table, with names for continuations.
import TestSupport
import Testing

@testable import FreshetStreams

@Suite("HubState")
struct HubStateTests {
  private typealias Machine = HubState<Int, String, String>

  /// Plays events and returns the last answer: w d x a new subscriber that waits, drops, disconnects (bound 1),
  /// numbered from 1; 1…3 a request of that one; A…C that one leaves; p publish, t try to (elements count from 1); c
  /// cancel the publisher of the last element; f finish.
  private func lastAnswer(to script: String) -> String {
    var machine = Machine()
    var answer = ""
    var element = 0
    for event in script {
      switch event {
      case "w": answer = "\(machine.subscribe(bound: 1, overflow: .wait))"
      case "d": answer = "\(machine.subscribe(bound: 1, overflow: .dropOldest))"
      case "x": answer = "\(machine.subscribe(bound: 1, overflow: .disconnect))"
      case "p", "t":
        element += 1
        switch machine.publish(element, event == "p" ? (element, "p\(element)") : nil) {
        case .published(let reached, let outcome): answer = "to \(reached)" + describe(outcome)
        case .wait: answer = "wait"
        case .finished: answer = "finished"
        }
      case "c": answer = machine.cancel(element) ?? "nobody"
      case "f":
        let (waiters, refused) = machine.finish()
        answer = "end \(list(waiters)) refuse \(list(refused))"
      case "A", "B", "C":
        let gone = machine.leave(Int(event.asciiValue! - Character("@").asciiValue!))
        answer = "end \(list(gone.waiters)) left \(gone.unread.count)" + describe(gone.outcome)
      default:
        let (delivery, outcome) = machine.demand(event.wholeNumberValue!, "s\(event)")
        answer = describe(delivery) + describe(outcome)
      }
    }
    return answer
  }

  private func list(_ names: [String]) -> String { names.isEmpty ? "-" : names.joined(separator: ",") }

  private func describe(_ delivery: Machine.Delivery) -> String {
    switch delivery {
    case .element(let element, let missed): "give \(element)\(missed > 0 ? " missed \(missed)" : "")"
    case .end: "end"
    case .disconnected: "disconnected"
    case .wait: "wait"
    }
  }

  private func describe(_ outcome: Machine.Outcome) -> String {
    let served = outcome.served.map { " \($0.waiter) gets \($0.element)\($0.missed > 0 ? " missed \($0.missed)" : "")" }
    let published = outcome.published.map { " \($0.publisher) to \($0.reached)" }
    return (served + published + outcome.dropped.map { " drops \($0)" }).joined()
  }

  @Test(
    arguments: [
      // No subscribers.
      ("p", "to 0"), ("t", "to 0"), ("w", "1"), ("wAp", "to 0"), ("wAw", "2"), ("wpA", "end - left 1"),
      ("ppw1", "wait"),
      // Waiting ones, and ones with room.
      ("wp", "to 1"), ("wp1", "give 1"), ("w1p", "to 1 s1 gets 1"), ("ww12p", "to 2 s1 gets 1 s2 gets 1"),
      ("w1A", "end s1 left 0"),
      ("w11p", "to 1 s1 gets 1"), ("w11A", "end s1,s1 left 0"), ("wA1", "end"),
      // A subscriber with `wait` has no room: publishers wait, in order.
      ("wpp", "wait"), ("wpt", "wait"), ("wpp1", "give 1 p2 to 1"), ("wppp1", "give 1 p2 to 1"),
      ("wppp11", "give 2 p3 to 1"),
      ("wppp111", "give 3"), ("wwpp1", "give 1"), ("wwpp12", "give 1 p2 to 2"), ("wppA", "end - left 1 p2 to 0"),
      ("wpppA", "end - left 1 p2 to 0 p3 to 0"), ("wppw2", "wait"), ("wppw21", "give 1 s2 gets 2 p2 to 2"),
      ("wppd1", "give 1 p2 to 2"),
      ("wd2pp", "wait"), ("wd2pt", "wait"), ("wpptA", "end - left 1 p2 to 0"),
      // A cancelled publisher.
      ("wppc", "p2"), ("wppc1", "give 1"), ("wpppc1", "give 1 p2 to 1"), ("wpc", "nobody"), ("wpp1c", "nobody"),
      // Slow subscribers.
      ("dpp", "to 1 drops 1"), ("dpp1", "give 2 missed 1"), ("dppp1", "give 3 missed 2"), ("dpp11p", "to 1 s1 gets 3"),
      ("xpp", "to 0"), ("xpp1", "give 1"), ("xpp11", "disconnected"), ("xpp111", "end"), ("xppp", "to 0"),
      ("xppA", "end - left 1"),
      // The end comes after the buffered elements.
      ("f", "end - refuse -"), ("ff", "end - refuse -"), ("w1f", "end s1 refuse -"), ("wppf", "end - refuse p2"),
      ("wppf1", "give 1"),
      ("wppf11", "end"), ("fp", "finished"), ("ft", "finished"), ("fw1", "end"), ("wpfA", "end - left 1"),
      ("xppf11", "disconnected"),
    ])
  func `Each event has its answer`(script: String, answer: String) {
    #expect(lastAnswer(to: script) == answer)
  }

  @Test func `A subscriber counts until it leaves, is disconnected or the hub is finished`() {
    var machine = Machine()
    let ids = [machine.subscribe(bound: 1, overflow: .wait), machine.subscribe(bound: 1, overflow: .disconnect)]
    #expect(machine.subscriberCount == 2)
    _ = machine.demand(ids[0], "s")
    _ = machine.publish(1, nil)
    #expect(machine.subscriberCount == 2)
    _ = machine.publish(2, nil)
    #expect(machine.subscriberCount == 1)
    _ = machine.finish()
    #expect(machine.subscriberCount == 0)
  }
}
