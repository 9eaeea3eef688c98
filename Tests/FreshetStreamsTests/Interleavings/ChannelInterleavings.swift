// Random interleavings of producers and the reader of a channel.
import FreshetStreams
import Synchronization
import TestSupport
import Testing

@Suite("Interleavings of a channel")
struct ChannelInterleavings {
  private struct Scenario: Sendable, CustomStringConvertible {
    var capacity: Int
    /// How many elements each producer sends.
    var producers: [Int]
    var pauses: Int
    /// Which producer is cancelled, and after how many steps.
    var cancelledProducer: Int?
    /// Whether elements without room are dropped.
    var tries: Bool
    var fails: Bool
    var takes: Int
    var cancelledAfter: Int?

    var total: Int { producers.reduce(0, +) }
    var isLeftAlone: Bool { cancelledAfter == nil && cancelledProducer == nil && takes > total && !tries }

    var description: String {
      "capacity \(capacity), producers \(producers), \(pauses) pauses, cancelled \(cancelledProducer as Any), tries \(tries), "
        + "fails \(fails), takes \(takes), consumer cancelled after \(cancelledAfter as Any)"
    }

    init(from random: inout SeededRandom) {
      capacity = Int.random(in: 0...2, using: &random)
      producers = (0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 0...4, using: &random) }
      pauses = Int.random(in: 0...2, using: &random)
      cancelledProducer = Int.random(in: 0..<4, using: &random) == 0 ? 0 : nil
      tries = Int.random(in: 0..<4, using: &random) == 0
      fails = Bool.random(using: &random)
      takes = Int.random(in: 0...producers.reduce(0, +) + 2, using: &random)
      cancelledAfter = Int.random(in: 0..<3, using: &random) == 0 ? Int.random(in: 0...12, using: &random) : nil
    }
  }

  private final class Record: Sendable {
    let reading = Reading<Int>()
    let attempted = Log<Int>()
    let accepted = Log<Int>()
    let refused = Log<Int>()
    /// The number of unreceived elements, as reported to the producers at the end.
    let unreceived = Log<Int>()
  }

  private func produce(
    _ producer: Int, _ scenario: Scenario, _ sink: ChannelSink<Int, any Error>, _ record: Record
  ) async {
    for number in 0..<scenario.producers[producer] {
      await Interleavings.pause(scenario.pauses)
      let element = producer * 100 + number
      record.attempted.append(element)
      do throws(SendError) {
        if scenario.tries {
          guard try sink.trySend(element) else {
            record.refused.append(element)
            continue
          }
        } else {
          try await sink.send(element)
        }
        record.accepted.append(element)
      } catch { record.refused.append(element) }
    }
  }

  private final class Unread: Sendable {
    let stream: Mutex<ChannelStream<Int, any Error>?>

    init(_ stream: ChannelStream<Int, any Error>) { self.stream = Mutex(stream) }
  }

  private func open(_ scenario: Scenario) -> (ChannelSink<Int, any Error>, Unread) {
    let (sink, stream) = channel(of: Int.self, failing: (any Error).self, capacity: scenario.capacity)
    return (sink, Unread(stream))
  }

  private func play(_ scenario: Scenario, _ record: Record) async {
    let (sink, unread) = open(scenario)
    await withTaskGroup { group in
      group.addTask {
        await Interleavings.run(cancelledAfter: scenario.cancelledAfter) {
          // Taken out, so that only the reader holds it.
          guard let stream = unread.stream.withLock({ $0.take() }) else { return }
          await record.reading.read(stream, takes: scenario.takes, pauses: scenario.pauses)
        }
      }
      group.addTask { [sink] in
        await withTaskGroup { producers in
          for producer in scenario.producers.indices {
            producers.addTask {
              await Interleavings.run(cancelledAfter: scenario.cancelledProducer == producer ? producer + 2 : nil) {
                await produce(producer, scenario, sink, record)
              }
            }
          }
        }
        if scenario.fails { sink.finish(throwing: Broken()) } else { sink.finish() }
      }
      do throws(SendError) {
        try await sink.waitUntilStreamIsGone()
        try await sink.flush()
        record.unreceived.append(0)
      } catch {
        if case .gone(let unreceived) = error { record.unreceived.append(unreceived) }
      }
    }
  }

  private func faults(_ scenario: Scenario, _ record: Record) -> [String] {
    let (attempted, accepted) = (record.attempted.values, record.accepted.values)
    let (refused, received) = (record.refused.values, record.reading.received.values)
    return Interleavings.broken([
      ("a send hangs", attempted.count == accepted.count + refused.count),
      ("an element was received twice", Set(received).count == received.count),
      ("an element came from nowhere", Set(received).isSubset(of: attempted)),
      ("a refused element was received", Set(refused).isDisjoint(with: received)),
      ("the loss of an element was not reported", record.unreceived.values == [accepted.count - received.count]),
      ("more was taken than there is room for", accepted.count - received.count <= scenario.capacity),
      (
        "a producer's order changed",
        Dictionary(grouping: received) { $0 / 100 }.values.allSatisfy { $0 == $0.sorted() }
      ),
      ("an undisturbed channel lost elements", !scenario.isLeftAlone || received.count == scenario.total),
      (
        "an undisturbed channel ended differently",
        !scenario.isLeftAlone || record.reading.ending == (scenario.fails ? "Broken" : "end")
      ),
      ("it was not fused", record.reading.wasFused),
    ])
  }

  @Test func `5 Nothing lost: in random orders every send ends, with the right result`() {
    Interleavings.play("channel") { random in
      let (scenario, record) = (Scenario(from: &random), Record())
      return Interleavings.Round(
        scenario: scenario,
        play: {
          await play(scenario, record)
        }, record: record.reading,
        faults: { faults(scenario, record) })
    }
  }
}
