// Which address is tried when: by table, with a manual clock, and in random orders.
import TestSupport
import Testing

@testable import FreshetClient

@Suite struct PickFirstStateTests {
  private typealias State = PickFirstState<String>

  private func name(_ step: State.Step) -> String {
    switch step {
    case .begin(let index, let isLast): "begin \(index)\(isLast ? " (the last)" : "")"
    case .exhausted(let failures): "exhausted: \(failures.joined(separator: ", "))"
    case .wait: "wait"
    }
  }

  private func name(_ answer: State.OnReady) -> String {
    switch answer {
    case .use(let closing): "use, close \(closing)"
    case .close: "close"
    }
  }

  private static let names = ["resolving", "trying", "all begun", "first failed", "ended"]

  /// With three addresses: one begun, all begun, or two begun and the first failed.
  private func state(_ name: String) -> State {
    var state = State.resolving
    if name == "resolving" { return state }
    _ = state.resolved(addressCount: 3)
    if name == "trying" { return state }
    _ = state.timerFired()
    if name == "first failed" { _ = state.attemptFailed(0, "a") }
    if name == "all begun" { _ = state.timerFired() }
    if name == "ended" { _ = state.cancel() }
    return state
  }

  @Test(arguments: zip(names, ["begin 0", "wait", "wait", "wait", "wait"]))
  func `addresses are accepted once`(before: String, expected: String) {
    var state = state(before)
    #expect(name(state.resolved(addressCount: 3)) == expected)
  }

  @Test(arguments: zip(names, ["wait", "begin 1", "wait", "begin 2 (the last)", "wait"]))
  func `R29: the next address is tried when the delay has passed`(before: String, expected: String) {
    var state = state(before)
    #expect(name(state.timerFired()) == expected)
  }

  @Test(arguments: zip(names, ["wait", "begin 1", "wait", "wait", "wait"]))
  func `R29: the next address is tried at once when the latest fails, not when an earlier one does`(
    before: String, expected: String
  ) {
    var state = state(before)
    #expect(name(state.attemptFailed(0, "a")) == expected)
  }

  @Test(arguments: zip(names, ["wait", "wait", "wait", "begin 2 (the last)", "wait"]))
  func `a failure of an attempt that was not begun, or has already failed, has no effect`(
    before: String, expected: String
  ) {
    var state = state(before)
    #expect(name(state.attemptFailed(2, "c")) == "wait" || before == "all begun")
    _ = state.attemptFailed(0, "again")
    #expect(name(state.attemptFailed(1, "b")) == expected || before == "trying" || before == "all begun")
  }

  @Test(arguments: zip(names, ["close", "use, close []", "use, close [1, 2]", "close", "close"]))
  func `R29: the first ready one is used, and the others are closed`(before: String, expected: String) {
    var state = state(before)
    #expect(name(state.attemptReady(0)) == expected)
    if expected.hasPrefix("use") {
      #expect(name(state.attemptReady(1)) == "close")
      #expect(name(state.timerFired()) == "wait")
      #expect(name(state.attemptFailed(1, "late")) == "wait")
    }
  }

  @Test(arguments: zip(names, [[], [0], [0, 1, 2], [1], []]))
  func `a cancelled pass closes running attempts, and is over`(before: String, closed: [Int]) {
    var state = state(before)
    #expect(state.cancel() == closed)
    #expect(state.cancel() == [])
    #expect(name(state.resolved(addressCount: 3)) == "wait")
    #expect(name(state.timerFired()) == "wait")
    #expect(name(state.attemptReady(0)) == "close")
  }

  @Test(arguments: zip(names, ["ended", "trying", "trying", "trying", "ended"]))
  func `a failed lookup ends the pass, unless it comes too late`(before: String, after: String) {
    var state = state(before)
    state.lookupFailed()
    switch state {
    case .resolving: Issue.record("still resolving")
    case .trying: #expect(after == "trying")
    case .ended: #expect(after == "ended")
    }
  }

  @Test func `a name without addresses is exhausted at once`() {
    var state = State.resolving
    #expect(name(state.resolved(addressCount: 0)) == "exhausted: ")
  }

  // MARK: With a clock

  private enum Fate { case ready(after: Int), fails(after: Int), silent }

  /// Plays a pass with attempts of predetermined outcome.
  /// - Returns: the events with their milliseconds.
  private func play(_ fates: [Fate], delay: Int = 250) -> [String] {
    var state = State.resolving
    var log: [String] = []
    var now = 0, timer: Int?
    var ends: [(at: Int, index: Int, isReady: Bool)] = []

    func follow(_ step: State.Step) {
      if case .begin(let index, let isLast) = step {
        timer = isLast ? nil : now + delay
        switch fates[index] {
        case .ready(let time): ends.append((now + time, index, true))
        case .fails(let time): ends.append((now + time, index, false))
        case .silent: break
        }
      }
      if name(step) != "wait" { log.append("\(now): \(name(step))") }
    }

    follow(state.resolved(addressCount: fates.count))
    while true {
      ends.sort { $0.at < $1.at }
      if let end = ends.first, timer.map({ end.at <= $0 }) ?? true {
        now = end.at
        ends.removeFirst()
        if end.isReady {
          log.append("\(now): \(end.index) \(name(state.attemptReady(end.index)))")
          if case .ended = state { return log }
        } else {
          follow(state.attemptFailed(end.index, "\(end.index)"))
        }
      } else if let due = timer {
        (now, timer) = (due, nil)
        follow(state.timerFired())
      } else {
        return log
      }
    }
  }

  @Test func `a good address is used at once`() {
    #expect(play([.ready(after: 10), .ready(after: 10)]) == ["0: begin 0", "10: 0 use, close []"])
  }

  @Test func `R29: after a failure the next address is tried at once, with a new delay`() {
    #expect(
      play([.fails(after: 200), .silent, .ready(after: 10)])
        == ["0: begin 0", "200: begin 1", "450: begin 2 (the last)", "460: 2 use, close [1]"])
  }

  @Test func `R29: each black hole costs the delay, and keeps running`() {
    #expect(
      play([.silent, .silent, .ready(after: 30)])
        == ["0: begin 0", "250: begin 1", "500: begin 2 (the last)", "530: 2 use, close [0, 1]"])
  }

  @Test func `R29: a slow address can still win while later ones are tried`() {
    #expect(play([.ready(after: 300), .silent, .silent]) == ["0: begin 0", "250: begin 1", "300: 0 use, close [1]"])
  }

  @Test func `an earlier attempt's failure does not affect when the next address is tried`() {
    #expect(
      play([.fails(after: 300), .silent, .ready(after: 1)])
        == ["0: begin 0", "250: begin 1", "500: begin 2 (the last)", "501: 2 use, close [1]"])
  }

  @Test func `all reasons are in the order of the addresses, when the last attempt has failed`() {
    #expect(
      play([.fails(after: 20_000), .fails(after: 1), .fails(after: 5)])
        == ["0: begin 0", "250: begin 1", "251: begin 2 (the last)", "20000: exhausted: 0, 1, 2"])
  }

  @Test func `attempts that fail at once follow each other at once`() {
    #expect(
      play([.fails(after: 0), .fails(after: 0), .ready(after: 0)])
        == ["0: begin 0", "0: begin 1", "0: begin 2 (the last)", "0: 2 use, close []"])
  }

  // MARK: Random orders

  @Test(arguments: 0..<500 as Range<UInt64>)
  func `in any order each address is begun once, and the pass ends once with nothing running`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let count = Int.random(in: 1...6, using: &random)
    var state = State.resolving
    var begun: [Int] = [], running: Set<Int> = [], ends = 0
    func follow(_ step: State.Step) {
      switch step {
      case .begin(let index, let isLast):
        begun.append(index)
        running.insert(index)
        #expect(isLast == (index == count - 1))
      case .exhausted(let failures):
        ends += 1
        #expect(failures.count == count && running.isEmpty)
      case .wait: break
      }
    }
    follow(state.resolved(addressCount: count))
    while ends == 0 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0..<3: follow(state.timerFired())
      case 3..<6:
        guard let index = running.sorted().randomElement(using: &random) else { continue }
        running.remove(index)
        follow(state.attemptFailed(index, "\(index)"))
      case 6:
        guard let index = running.sorted().randomElement(using: &random) else { continue }
        #expect(state.attemptReady(index) == .use(closing: running.subtracting([index]).sorted()))
        ends += 1
      default:
        #expect(state.cancel() == running.sorted())
        ends += 1
      }
      if ends == 0 { #expect(!running.isEmpty, "nothing runs and nothing ended it") }
    }
    #expect(begun == Array(0..<begun.count))
    #expect(name(state.timerFired()) == "wait")
  }
}
