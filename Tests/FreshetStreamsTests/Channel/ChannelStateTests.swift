// A channel's state as a table: every state × every event, with names for continuations.
import TestSupport
import Testing

@testable import FreshetStreams

@Suite("ChannelState")
struct ChannelStateTests {
  private typealias Machine = ChannelState<String, Broken, String, String>

  /// Plays events and returns the last answer: s send, t try to send, n next, r take what is ready, f finish, e fail, l
  /// leave, u flush, w watch, c cancel the waiter of the previous event. All are named after the number of their event.
  private func lastAnswer(to script: String, capacity: Int) -> String {
    var machine = Machine(capacity: capacity)
    var answer = ""
    for (index, event) in script.enumerated() {
      let number = index + 1
      let waiting = (id: number, waiter: "w\(number)")
      switch event {
      case "s": answer = describe(machine.send("e\(number)", waiting))
      case "t": answer = describe(machine.send("e\(number)", nil))
      case "n": answer = describe(machine.next("c\(number)"))
      case "r": answer = machine.takeReady().map { "give \($0.0) wake \(list($0.1))" } ?? "nothing"
      case "f": answer = machine.finish(nil).map { "end \(list($0.0)) wake \(list($0.1))" } ?? "-"
      case "e": answer = machine.finish(Broken()).map { "end \(list($0.0)) wake \(list($0.1))" } ?? "-"
      case "l":
        let gone = machine.leave()
        answer =
          "end \(list(gone.consumers)) refuse \(list(gone.refused)) wake \(list(gone.watching)) left \(gone.unreceived)"
      case "u":
        switch machine.flush(waiting) {
        case nil: answer = "wait"
        case .success: answer = "done"
        case .failure(let error): answer = "\(error)"
        }
      case "w": answer = machine.watch(waiting) ? "gone" : "wait"
      default:
        answer = machine.cancel(number - 1).map { "cancelled \($0.cancelled) wake \(list($0.flushed))" } ?? "nobody"
      }
    }
    return answer
  }

  private func list(_ names: [String]) -> String { names.isEmpty ? "-" : names.joined(separator: ",") }

  private func describe(_ answer: Machine.OnSend) -> String {
    switch answer {
    case .accepted: "accepted"
    case .deliver(let consumer): "deliver to \(consumer)"
    case .wait: "wait"
    case .refuse(.gone(let unreceived)): "gone, \(unreceived) left"
    case .refuse(let error): error == .finished ? "finished" : "cancelled"
    }
  }

  private func describe(_ answer: Machine.OnNext) -> String {
    switch answer {
    case .give(let element, let woken): "give \(element) wake \(list(woken))"
    case .wait: "wait"
    case .end(let failure, let woken): "end\(failure == nil ? "" : " with error") wake \(list(woken))"
    }
  }

  @Test(
    arguments: [
      // open, empty
      ("s", "accepted"), ("t", "accepted"), ("n", "wait"), ("r", "nothing"), ("f", "-"), ("u", "done"), ("w", "wait"),
      ("l", "end - refuse - wake - left 0"),
      // open, full
      ("ss", "wait"), ("st", "wait"), ("sn", "give e1 wake -"), ("sr", "give e1 wake -"), ("sf", "-"), ("su", "wait"),
      ("sl", "end - refuse - wake - left 1"), ("sc", "nobody"),
      // open, full, with a waiter
      ("ssn", "give e1 wake w2"), ("ssr", "give e1 wake w2"), ("sssn", "give e1 wake w2"), ("ssnn", "give e2 wake -"),
      ("ssl", "end - refuse w2 wake - left 1"), ("ssc", "cancelled w2 wake -"), ("sscn", "give e1 wake -"),
      ("suc", "cancelled w2 wake -"), ("sun", "give e1 wake w2"), ("sul", "end - refuse w2 wake - left 1"),
      ("wc", "cancelled w1 wake -"), ("wl", "end - refuse - wake w1 left 0"),
      // hungry
      ("ns", "deliver to c1"), ("nt", "deliver to c1"), ("nf", "end c1 wake -"), ("ne", "end c1 wake -"),
      ("nl", "end c1 refuse - wake - left 0"), ("nu", "done"), ("nc", "nobody"), ("nr", "nothing"),
      ("wnf", "end c2 wake w1"), ("nsn", "wait"),
      // hungry, with several waiting iterators
      ("nn", "wait"), ("nns", "deliver to c1"), ("nnss", "deliver to c2"), ("nnsss", "accepted"),
      ("nnf", "end c1,c2 wake -"),
      ("nnl", "end c1,c2 refuse - wake - left 0"), ("nnsl", "end c2 refuse - wake - left 0"), ("nnsr", "nothing"),
      // finished, with elements left
      ("sfs", "finished"), ("sft", "finished"), ("sfn", "give e1 wake -"), ("sfnn", "end wake -"),
      ("senn", "end with error wake -"), ("sennn", "end wake -"), ("sff", "-"), ("sfl", "end - refuse - wake - left 1"),
      ("sfu", "wait"), ("sfr", "give e1 wake -"), ("sfrr", "nothing"), ("sfrrn", "end wake -"),
      ("ssfn", "give e1 wake w2"),
      ("ssfnn", "give e2 wake -"), ("wfn", "end wake w1"), ("ssfcn", "give e1 wake w2"),
      // finished, empty
      ("fn", "end wake -"), ("en", "end with error wake -"), ("enn", "end wake -"), ("fu", "done"),
      // ended
      ("fns", "finished"), ("fnw", "gone"), ("fnl", "end - refuse - wake - left 0"), ("fnf", "-"), ("fnu", "done"),
      // over
      ("ls", "gone, 0 left"), ("sls", "gone, 1 left"),
      ("slu", "the channel's stream has gone; it left 1 elements unread"),
      ("lu", "done"), ("ln", "end wake -"), ("lf", "-"), ("lw", "gone"), ("ll", "end - refuse - wake - left 0"),
      ("lr", "nothing"),
    ])
  func `Each event in each state has its answer, at capacity 1`(script: String, answer: String) {
    #expect(lastAnswer(to: script, capacity: 1) == answer)
  }

  @Test(
    arguments: [
      ("s", "wait"), ("t", "wait"), ("sn", "give e1 wake w1"), ("ssn", "give e1 wake w1"), ("ssnn", "give e2 wake w2"),
      ("sl", "end - refuse w1 wake - left 0"), ("sc", "cancelled w1 wake -"), ("scn", "wait"),
      ("sfn", "give e1 wake w1"),
      ("ns", "deliver to c1"), ("nss", "wait"),
    ])
  func `At capacity 0 a producer waits until its element is received`(script: String, answer: String) {
    #expect(lastAnswer(to: script, capacity: 0) == answer)
  }

  @Test func `A flush is resumed when the last element is withdrawn`() {
    var machine = Machine(capacity: 0)
    _ = machine.send("e", (1, "producer"))
    #expect(machine.flush((2, "flusher")) == nil)
    let cancelled = machine.cancel(1)
    #expect(cancelled?.cancelled == "producer" && cancelled?.flushed == ["flusher"])
  }
}

extension Result<Void, SendError>? {
  fileprivate static func == (left: Self, right: Void?) -> Bool {
    if case nil = left { right == nil } else { false }
  }
}
