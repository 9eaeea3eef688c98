// Thousands of random interleavings of producers and a consumer, on one thread and on several.
import FreshetStreams
import Synchronization
import TestSupport
import Testing

@Suite("Interleavings of a generator")
struct GeneratorInterleavings {
  /// The parties' random behaviour.
  private struct Scenario: Sendable, CustomStringConvertible {
    /// Tasks that yield; 0 is the body itself.
    var children: Int
    /// How many elements each of them yields.
    var elements: Int
    /// How often each party yields before each step.
    var pauses: Int
    var swallowsRefusals: Bool
    var throwsAtEnd: Bool
    /// How often the consumer calls next() before it drops its iterator, or how many elements a sink takes.
    var takes: Int
    /// How often the sink is full if the body runs directly into one; nil if it is iterated.
    var sinkIsFullEvery: Int?
    /// After how many steps the consumer's task is cancelled.
    var cancelledAfter: Int?

    var total: Int { max(1, children) * elements }
    /// A sink may have accepted what each of its producers then sees refused.
    var maxReceivedAndRefused: Int { sinkIsFullEvery == nil ? 1 : max(1, children) }
    var isLeftAlone: Bool { cancelledAfter == nil && takes > total }

    var description: String {
      "\(children) children × \(elements), \(pauses) pauses, swallows \(swallowsRefusals), throws \(throwsAtEnd), "
        + "takes \(takes), cancelled after \(cancelledAfter.map(String.init) ?? "-"), "
        + "sink is full every \(sinkIsFullEvery.map(String.init) ?? "-")"
    }

    init(from random: inout SeededRandom) {
      children = [0, 0, 1, 2, 3].randomElement(using: &random)!
      elements = Int.random(in: 0...4, using: &random)
      pauses = Int.random(in: 0...2, using: &random)
      swallowsRefusals = Bool.random(using: &random)
      throwsAtEnd = Bool.random(using: &random)
      takes = Int.random(in: 0...max(1, children) * elements + 3, using: &random)
      cancelledAfter = Bool.random(using: &random) ? Int.random(in: 0...12, using: &random) : nil
      sinkIsFullEvery = Bool.random(using: &random) ? Int.random(in: 1...4, using: &random) : nil
    }
  }

  /// The parties' outcomes.
  private final class Record: Sendable {
    let attempted = Log<Int>()
    let accepted = Log<Int>()
    let refused = Log<Int>()
    let received = Log<Int>()
    let outcome = Log<String>()
    let bodyStarted = Event()
    let bodyEnded = Event()
    let waiting = Mutex(0)
    let waitersInSink = Log<Int>()
  }

  /// Accepts elements until it has enough, and is full at times.
  private struct Sink: ImmediateSink {
    typealias Element = Int
    typealias SendFailure = any Error

    let scenario: Scenario
    let record: Record

    func put(_ element: Int) throws -> Bool {
      if record.received.values.count >= scenario.takes { throw Broken() }
      record.received.append(element)
      return !record.received.values.count.isMultiple(of: scenario.sinkIsFullEvery ?? .max)
    }

    func waitForRoom() async throws {
      record.waitersInSink.append(
        record.waiting.withLock {
          $0 += 1; return $0
        })
      await Interleavings.pause(scenario.pauses + 1)
      record.waiting.withLock { $0 -= 1 }
    }
  }

  private func generator(_ scenario: Scenario, _ record: Record) -> AsyncGenerator<Int, any Error> {
    @Sendable func produce(_ child: Int, _ yield: Yield<Int>) async throws {
      for number in 0..<scenario.elements {
        await Interleavings.pause(scenario.pauses)
        let element = child * 100 + number
        record.attempted.append(element)
        do {
          try await yield(element)
          record.accepted.append(element)
        } catch {
          record.refused.append(element)
          if !scenario.swallowsRefusals { throw error }
        }
      }
    }
    return AsyncGenerator { yield in
      record.bodyStarted.fire()
      defer { record.bodyEnded.fire() }
      if scenario.children == 0 {
        try await produce(0, yield)
      } else {
        try await withThrowingTaskGroup { group in
          for child in 0..<scenario.children { group.addTask { try await produce(child, yield) } }
          try await group.waitForAll()
        }
      }
      if scenario.throwsAtEnd { throw Broken() }
    }
  }

  private func consume(_ scenario: Scenario, _ record: Record) async {
    if scenario.sinkIsFullEvery == nil { await iterate(scenario, record) } else { await runDirectly(scenario, record) }
  }

  private func runDirectly(_ scenario: Scenario, _ record: Record) async {
    do {
      try await generator(scenario, record).run(into: Sink(scenario: scenario, record: record))
      record.outcome.append("end")
    } catch { record.outcome.append("\(type(of: error))") }
  }

  private func iterate(_ scenario: Scenario, _ record: Record) async {
    var iterator = generator(scenario, record).makeAsyncIterator()
    do {
      for _ in 0..<scenario.takes {
        await Interleavings.pause(scenario.pauses)
        guard let element = try await iterator.next(isolation: #isolation) else {
          record.outcome.append("end")
          break
        }
        record.received.append(element)
      }
    } catch {
      record.outcome.append("\(type(of: error))")
      let after = try? await iterator.next(isolation: #isolation)
      if after != nil { record.outcome.append("not fused") }
    }
  }

  private func faults(_ scenario: Scenario, _ record: Record) -> [String] {
    let (attempted, accepted) = (record.attempted.values, record.accepted.values)
    let (refused, received) = (record.refused.values, record.received.values)
    let rules = [
      ("a body outlives its consumer", record.bodyStarted.hasFired == record.bodyEnded.hasFired),
      ("a yield hangs", attempted.count == accepted.count + refused.count),
      ("an element was received twice", Set(received).count == received.count),
      ("an element came from nowhere", Set(received).isSubset(of: attempted)),
      ("an accepted element was lost", Set(accepted).isSubset(of: received)),
      (
        "more than the last element was both received and refused",
        Set(refused).intersection(received).count <= scenario.maxReceivedAndRefused
      ),
      ("two waited in the sink", record.waitersInSink.values.allSatisfy { $0 == 1 }),
      (
        "a child's order changed",
        Dictionary(grouping: received) { $0 / 100 }.values.allSatisfy { $0 == $0.sorted() }
      ),
      ("an undisturbed stream lost elements", !scenario.isLeftAlone || received.count == scenario.total),
      (
        "an undisturbed stream ended differently",
        !scenario.isLeftAlone || record.outcome.values == [scenario.throwsAtEnd ? "Broken" : "end"]
      ),
      ("a stream was not fused", !record.outcome.values.contains("not fused")),
    ]
    return rules.compactMap { $0.1 ? nil : $0.0 }
  }

  @Test func `5 Nothing lost: in random orders every yield ends, with the right result`() {
    Interleavings.play("AsyncGenerator") { random in
      let (scenario, record) = (Scenario(from: &random), Record())
      return Interleavings.Round(
        scenario: scenario,
        play: {
          await Interleavings.run(cancelledAfter: scenario.cancelledAfter) { await consume(scenario, record) }
        }, record: record.received.values,
        faults: { faults(scenario, record) })
    }
  }

  @Test func `5 Nothing lost: the same on several threads`() async {
    var random = SeededRandom.forTest("AsyncGenerator on several threads")
    for round in 0..<500 {
      let (scenario, record) = (Scenario(from: &random), Record())
      await Interleavings.run(cancelledAfter: scenario.cancelledAfter) { await consume(scenario, record) }
      if record.bodyStarted.hasFired { await record.bodyEnded.wait() }
      let found = faults(scenario, record)
      #expect(found.isEmpty, "round \(round), seed \(random.seed), \(scenario)")
    }
  }
}
