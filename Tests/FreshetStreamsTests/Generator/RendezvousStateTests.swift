// The rendezvous as a table: every state × every event, with names for continuations.
import Testing

@testable import FreshetStreams

@Suite("RendezvousState")
struct RendezvousStateTests {
  private typealias Machine = RendezvousState<String, String, String>

  /// Plays events (d demand, y yield, f finish, x cancel) and returns the last answer. Consumers, elements and
  /// producers are named after the number of their event.
  private func lastAnswer(to script: String) -> String {
    var machine = Machine()
    var answer = ""
    for (index, event) in script.enumerated() {
      let number = index + 1
      switch event {
      case "d": answer = describe(machine.demand("c\(number)"))
      case "y": answer = describe(machine.yield("p\(number)") { "e\(number)" })
      case "f":
        let (consumer, parked) = machine.finish()
        answer = "end \(consumer ?? "-") fail \(describe(parked))"
      default: answer = "fail \(describe(machine.cancel()))"
      }
    }
    return answer
  }

  private func describe(_ answer: Machine.OnDemand) -> String {
    switch answer {
    case .wait: "wait"
    case .wake(let producer): "wake \(producer)"
    case .receive(let element, let producer): "receive \(element) wake \(producer ?? "-")"
    case .end: "end"
    }
  }

  private func describe(_ answer: Machine.OnYield) -> String {
    switch answer {
    case .wait: "wait"
    case .deliver(let consumer): "deliver \(consumer)"
    case .fail: "fail"
    }
  }

  private func describe(_ parked: Parked<String, String>) -> String {
    let producers = [parked.current].compactMap { $0 } + parked.queue.map(\.producer)
    return producers.isEmpty ? "-" : producers.joined(separator: ",")
  }

  @Test(
    arguments: [
      // parked, no waiters
      ("d", "wait"), ("y", "wait"), ("f", "end - fail -"), ("x", "fail -"),
      // demanded
      ("dy", "deliver c1"), ("df", "end c1 fail -"), ("dx", "fail -"),
      // parked, the current producer waits
      ("dyd", "wake p2"), ("dyy", "wait"), ("dyf", "end - fail p2"), ("dyx", "fail p2"),
      // parked, others wait with their elements
      ("yd", "receive e1 wake -"), ("yydd", "receive e2 wake p1"), ("dyyd", "receive e3 wake p2"),
      ("dyydd", "wake p3"), ("dyyydd", "receive e4 wake p3"), ("dyyf", "end - fail p2,p3"), ("dyyyx", "fail p2,p3,p4"),
      ("ydyx", "fail p1,p3"), ("yddy", "deliver c3"),
      // cancelled without a consumer
      ("xd", "wait"), ("xy", "fail"), ("xf", "end - fail -"), ("xx", "fail -"),
      // cancelled with a consumer
      ("dxy", "fail"), ("dxf", "end c1 fail -"), ("dxx", "fail -"), ("xdf", "end c2 fail -"),
      ("dyxdf", "end c4 fail -"),
      // ended
      ("fd", "end"), ("fy", "fail"), ("ff", "end - fail -"), ("fx", "fail -"), ("dfd", "end"), ("dxfd", "end"),
    ])
  func `Each event in each state has its answer`(script: String, answer: String) {
    #expect(lastAnswer(to: script) == answer)
  }

  @Test func `Two concurrent consumers are a programming error and trap`() async {
    await #expect(processExitsWith: .failure) {
      var machine = RendezvousState<Int, Int, Int>()
      _ = machine.demand(1)
      _ = machine.demand(2)
    }
    await #expect(processExitsWith: .failure) {
      var machine = RendezvousState<Int, Int, Int>()
      _ = machine.cancel()
      _ = machine.demand(1)
      _ = machine.demand(2)
    }
  }
}
