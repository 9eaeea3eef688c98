// Random orders in which a concurrent map's elements are made, transformed and received.
import FreshetStreams
import Synchronization
import TestSupport
import Testing

@Suite("Interleavings of mapConcurrent")
struct MapInterleavings {
  private struct Scenario: Sendable, CustomStringConvertible {
    var count: Int
    var sourceFails: Bool
    var limit: Int
    var ordered: Bool
    /// How often the work on each element yields.
    var pauses: [Int]
    /// At which element the work fails.
    var failsAt: Int?
    var takes: Int
    var cancelledAfter: Int?

    var isLeftAlone: Bool { cancelledAfter == nil && takes > count }

    var description: String {
      "\(count) elements, source fails \(sourceFails), limit \(limit), ordered \(ordered), pauses \(pauses), "
        + "fails at \(failsAt as Any), takes \(takes), cancelled after \(cancelledAfter as Any)"
    }

    init(from random: inout SeededRandom) {
      count = Int.random(in: 0...5, using: &random)
      sourceFails = Bool.random(using: &random)
      limit = Int.random(in: 1...3, using: &random)
      ordered = Bool.random(using: &random)
      pauses = (0..<5).map { _ in Int.random(in: 0...4, using: &random) }
      failsAt = Int.random(in: 0..<3, using: &random) == 0 ? Int.random(in: 0...5, using: &random) : nil
      takes = Int.random(in: 0...count + 2, using: &random)
      cancelledAfter = Int.random(in: 0..<3, using: &random) == 0 ? Int.random(in: 0...15, using: &random) : nil
    }
  }

  private final class Record: Sendable {
    let reading = Reading<Int>()
    let made = Log<Int>()
    let starts = Log<Void>()
    let ends = Log<Void>()
    /// How many elements were being worked on, now and at most.
    let atWork = Mutex((now: 0, most: 0))
    /// How many more elements were made than received, at most.
    let ahead = Mutex(0)
  }

  private func stream(_ scenario: Scenario, _ record: Record) -> AsyncGenerator<Int, any Error> {
    AsyncGenerator { yield in
      record.starts.append(())
      defer { record.ends.append(()) }
      for number in 0..<scenario.count {
        record.made.append(number)
        let ahead = record.made.values.count - record.reading.received.values.count
        record.ahead.withLock { $0 = max($0, ahead) }
        try await yield(number)
      }
      if scenario.sourceFails { throw Broken(1) }
    }.mapConcurrent(limit: scenario.limit, ordered: scenario.ordered) { number in
      record.atWork.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      defer { record.atWork.withLock { $0.now -= 1 } }
      await Interleavings.pause(scenario.pauses[number])
      if number == scenario.failsAt { throw Broken(2) }
      return number
    }
  }

  private func faults(_ scenario: Scenario, _ record: Record) -> [String] {
    let received = record.reading.received.values
    let failure = scenario.failsAt.map { $0 < scenario.count } ?? false
    let expectedEnd = failure || scenario.sourceFails ? "Broken" : "end"
    let expectedCount = failure ? scenario.failsAt! : scenario.count
    return Interleavings.broken([
      ("the source outlives its consumer", record.starts.values.count == record.ends.values.count),
      ("work outlives its consumer", record.atWork.withLock { $0.now } == 0),
      ("more was at work than the limit", record.atWork.withLock { $0.most } <= scenario.limit),
      // The element being received counts only once the consumer has recorded it.
      ("more was requested than the limit", record.ahead.withLock { $0 } <= scenario.limit + 1),
      ("an element was received twice", Set(received).count == received.count),
      ("the order changed", !scenario.ordered || received == Array(0..<received.count)),
      ("an undisturbed stream ended differently", !scenario.isLeftAlone || record.reading.ending == expectedEnd),
      (
        "an undisturbed stream lost elements",
        !scenario.isLeftAlone || failure && !scenario.ordered || received.count == expectedCount
      ),
      ("it was not fused", record.reading.wasFused),
    ])
  }

  @Test func `5 Nothing lost: in random orders all elements arrive, and never more than the limit are worked on`() {
    Interleavings.play("mapConcurrent") { random in
      let (scenario, record) = (Scenario(from: &random), Record())
      return Interleavings.Round(
        scenario: scenario,
        play: {
          await Interleavings.run(cancelledAfter: scenario.cancelledAfter) {
            await record.reading.read(stream(scenario, record), takes: scenario.takes, pauses: 1)
          }
        }, record: record.reading,
        faults: { faults(scenario, record) })
    }
  }
}
