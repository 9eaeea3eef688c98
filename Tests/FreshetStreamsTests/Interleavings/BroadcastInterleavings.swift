// Random interleavings of a broadcast's sequence and its subscribers.
import FreshetStreams
import TestSupport
import Testing

@Suite("Interleavings of a broadcast")
struct BroadcastInterleavings {
  private enum Policy: CaseIterable {
    case wait, drop, disconnect
  }

  private struct Subscriber: Sendable {
    var policy: Policy
    var bound: Int
    var pauses: Int
    var takes: Int
    var cancelledAfter: Int?
    /// After how many steps it subscribes; 0 for one from the beginning.
    var comesAfter: Int
  }

  private struct Scenario: Sendable, CustomStringConvertible {
    var count: Int
    var fails: Bool
    var pauses: Int
    var subscribers: [Subscriber]

    var description: String { "\(count) elements, fails \(fails), \(pauses) pauses, \(subscribers)" }

    init(from random: inout SeededRandom) {
      let count = Int.random(in: 0...5, using: &random)
      self.count = count
      fails = Bool.random(using: &random)
      pauses = Int.random(in: 0...2, using: &random)
      subscribers = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        Subscriber(
          policy: Policy.allCases.randomElement(using: &random)!, bound: Int.random(in: 1...2, using: &random),
          pauses: Int.random(in: 0...3, using: &random), takes: Int.random(in: 0...count + 2, using: &random),
          cancelledAfter: Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0...9, using: &random) : nil,
          comesAfter: Bool.random(using: &random) ? 0 : Int.random(in: 1...9, using: &random))
      }
    }
  }

  /// An element, and how many were missed before it.
  private final class Record: Sendable {
    let reading = Reading<Int>()
    let lags = Log<(before: Int, missed: Int)>()
  }

  private final class Source: Sendable {
    let made = Log<Int>()
    let starts = Log<Void>()
    let ends = Log<Void>()
  }

  private func source(_ scenario: Scenario, _ log: Source) -> AsyncGenerator<Int, any Error> {
    AsyncGenerator { yield in
      log.starts.append(())
      defer { log.ends.append(()) }
      for number in 0..<scenario.count {
        await Interleavings.pause(scenario.pauses)
        log.made.append(number)
        try await yield(number)
      }
      if scenario.fails { throw Broken() }
    }
  }

  private func stream(
    _ subscriber: Subscriber, _ broadcast: Broadcast<Int, any Error>, _ record: Record
  ) -> BroadcastStream<Int, any Error> {
    switch subscriber.policy {
    case .wait: broadcast.subscribe(bound: subscriber.bound)
    case .drop:
      broadcast.subscribe(
        bound: subscriber.bound,
        whenFull: .dropOldest { record.lags.append((record.reading.received.values.count, $0)) })
    case .disconnect: broadcast.subscribeOrDisconnect(bound: subscriber.bound)
    }
  }

  private func play(_ scenario: Scenario, _ records: [Record], _ log: Source) async {
    let broadcast = Broadcast(source(scenario, log))
    await withTaskGroup { group in
      for (subscriber, record) in zip(scenario.subscribers, records) {
        let early = subscriber.comesAfter == 0 ? stream(subscriber, broadcast, record) : nil
        group.addTask {
          await Interleavings.pause(subscriber.comesAfter)
          await Interleavings.run(cancelledAfter: subscriber.cancelledAfter) {
            await record.reading.read(
              early ?? stream(subscriber, broadcast, record), takes: subscriber.takes, pauses: subscriber.pauses)
          }
        }
      }
    }
  }

  private func faults(_ scenario: Scenario, _ records: [Record], _ log: Source) -> [String] {
    var faults = log.starts.values.count == log.ends.values.count ? [] : ["the sequence outlives its subscribers"]
    for (subscriber, record) in zip(scenario.subscribers, records) {
      let received = record.reading.received.values
      let missed = Dictionary(uniqueKeysWithValues: record.lags.values.map { ($0.before, $0.missed) })
      // Between each element and the previous one: only missed elements.
      let gaps = received.indices.dropFirst().map { received[$0] - received[$0 - 1] - 1 }
      let isLeftAlone = subscriber.cancelledAfter == nil && subscriber.takes > scenario.count
      let isFromBeginning = received.isEmpty || received[0] == missed[0] ?? 0
      let end = scenario.fails ? "Broken" : "end"
      faults += Interleavings.broken([
        ("elements were lost silently", gaps.enumerated().allSatisfy { $0.element == missed[$0.offset + 1] ?? 0 }),
        ("a lag was reported without a request", subscriber.policy == .drop || missed.isEmpty),
        ("a subscriber from the beginning did not see it", subscriber.comesAfter > 0 || isFromBeginning),
        (
          "a waiting subscriber was disconnected",
          subscriber.policy == .disconnect || record.reading.ending != "SubscriberTooSlow"
        ),
        (
          "an undisturbed subscriber ended differently",
          !isLeftAlone || [end, "SubscriberTooSlow"].contains(record.reading.ending)
        ),
        (
          "an undisturbed subscriber missed the last element",
          !isLeftAlone || record.reading.ending != end || received.isEmpty || received.last == scenario.count - 1
        ),
        ("it was not fused", record.reading.wasFused),
      ])
    }
    return faults
  }

  @Test func `5 Nothing lost: in random orders every subscriber gets what its policy says`() {
    Interleavings.play("broadcast") { random in
      let (scenario, log) = (Scenario(from: &random), Source())
      let records = scenario.subscribers.map { _ in Record() }
      return Interleavings.Round(
        scenario: scenario,
        play: {
          await play(scenario, records, log)
        }, record: records.map(\.reading),
        faults: { faults(scenario, records, log) })
    }
  }
}
