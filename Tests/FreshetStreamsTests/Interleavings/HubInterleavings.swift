// Random interleavings of a hub's publishers and of members that come and go.
import FreshetStreams
import TestSupport
import Testing

@Suite("Interleavings of a hub")
struct HubInterleavings {
  private enum Policy: CaseIterable {
    case wait, drop, disconnect
  }

  private struct Member: Sendable {
    var policy: Policy
    var bound: Int
    var pauses: Int
    var takes: Int
    var cancelledAfter: Int?
    /// After how many steps it subscribes; 0 for one from the beginning.
    var comesAfter: Int
  }

  private struct Scenario: Sendable, CustomStringConvertible {
    /// How many elements each publisher publishes.
    var publishers: [Int]
    var pauses: Int
    var cancelledPublisher: Int?
    var members: [Member]

    var description: String {
      "publishers \(publishers), \(pauses) pauses, cancelled \(cancelledPublisher as Any), \(members)"
    }

    init(from random: inout SeededRandom) {
      publishers = (0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 0...4, using: &random) }
      pauses = Int.random(in: 0...2, using: &random)
      cancelledPublisher = Int.random(in: 0..<4, using: &random) == 0 ? 0 : nil
      let count = publishers.reduce(0, +)
      members = (0..<Int.random(in: 0...3, using: &random)).map { _ in
        Member(
          policy: Policy.allCases.randomElement(using: &random)!, bound: Int.random(in: 1...2, using: &random),
          pauses: Int.random(in: 0...3, using: &random), takes: Int.random(in: 0...count + 2, using: &random),
          cancelledAfter: Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0...9, using: &random) : nil,
          comesAfter: Bool.random(using: &random) ? 0 : Int.random(in: 1...9, using: &random))
      }
    }
  }

  private final class Record: Sendable, CustomStringConvertible {
    let readings: [Reading<Int>]
    let lags: [Log<(before: Int, missed: Int)>]
    let attempts = Log<Int>()
    /// The published elements, and how many members each went to.
    let published = Log<(element: Int, reached: Int)>()
    let refused = Log<Int>()

    init(_ count: Int) {
      readings = (0..<count).map { _ in Reading() }
      lags = (0..<count).map { _ in Log() }
    }

    var description: String { "\(readings), published \(published.values), refused \(refused.values)" }
  }

  private func read(_ number: Int, _ member: Member, _ hub: Hub<Int>, _ record: Record) -> @Sendable () async -> Void {
    let reading = record.readings[number]
    if member.policy == .disconnect {
      let stream = hub.subscribeOrDisconnect(bound: member.bound)
      return { await reading.read(stream, takes: member.takes, pauses: member.pauses) }
    }
    let whenFull: WhenFull =
      member.policy == .wait
      ? .wait : .dropOldest { record.lags[number].append((reading.received.values.count, $0)) }
    let stream = hub.subscribe(bound: member.bound, whenFull: whenFull)
    return { await reading.read(stream, takes: member.takes, pauses: member.pauses) }
  }

  private func publish(_ publisher: Int, _ scenario: Scenario, _ hub: Hub<Int>, _ record: Record) async {
    for number in 0..<scenario.publishers[publisher] {
      await Interleavings.pause(scenario.pauses)
      let element = publisher * 100 + number
      record.attempts.append(element)
      do throws(SendError) {
        record.published.append((element, try await hub.publish(element)))
      } catch { record.refused.append(element) }
    }
  }

  private func play(_ scenario: Scenario, _ record: Record) async {
    let hub = Hub<Int>()
    await withTaskGroup { group in
      for (number, member) in scenario.members.enumerated() {
        let early = member.comesAfter == 0 ? read(number, member, hub, record) : nil
        group.addTask {
          await Interleavings.pause(member.comesAfter)
          let read = early ?? read(number, member, hub, record)
          await Interleavings.run(cancelledAfter: member.cancelledAfter) { await read() }
        }
      }
      group.addTask {
        await withTaskGroup { publishers in
          for publisher in scenario.publishers.indices {
            publishers.addTask {
              await Interleavings.run(cancelledAfter: scenario.cancelledPublisher == publisher ? publisher + 2 : nil) {
                await publish(publisher, scenario, hub, record)
              }
            }
          }
        }
        hub.finish()
      }
    }
  }

  private func faults(_ scenario: Scenario, _ record: Record) -> [String] {
    let published = record.published.values.map(\.element)
    var faults = Interleavings.broken([
      ("a publisher hangs", record.attempts.values.count == published.count + record.refused.values.count),
      ("more were reached than there are", record.published.values.allSatisfy { $0.reached <= scenario.members.count }),
    ])
    for (number, member) in scenario.members.enumerated() {
      let (reading, lags) = (record.readings[number], record.lags[number].values)
      let received = reading.received.values
      let isLeftAlone = member.cancelledAfter == nil && member.takes > scenario.publishers.reduce(0, +)
      let (lost, missed) = (published.count - received.count, lags.reduce(0) { $0 + $1.missed })
      faults += Interleavings.broken([
        ("an element was received twice", Set(received).count == received.count),
        ("a refused element was received", Set(received).isDisjoint(with: record.refused.values)),
        ("an element came from nowhere", Set(received).isSubset(of: published)),
        (
          "a publisher's order changed",
          Dictionary(grouping: received) { $0 / 100 }.values.allSatisfy { $0 == $0.sorted() }
        ),
        ("a waiting member was disconnected", member.policy == .disconnect || reading.ending != "SubscriberTooSlow"),
        ("a lag was reported without a request", member.policy == .drop || lags.isEmpty),
        (
          "an undisturbed member ended differently",
          !isLeftAlone || reading.ending == "end"
            || member.policy == .disconnect && reading.ending == "SubscriberTooSlow"
        ),
        (
          "a permanent member lost elements silently",
          !isLeftAlone || member.comesAfter > 0 || reading.ending != "end" || lost == missed
        ),
        ("it was not fused", reading.wasFused),
      ])
    }
    // Common elements have the same order for any two members.
    for one in record.readings {
      for other in record.readings {
        let (left, right) = (one.received.values, other.received.values)
        if left.filter(right.contains) != right.filter(left.contains) { faults.append("two orders") }
      }
    }
    return faults
  }

  @Test func `5 Nothing lost: in random orders every member's policy is kept, with one order for all`() {
    Interleavings.play("hub") { random in
      let scenario = Scenario(from: &random)
      let record = Record(scenario.members.count)
      return Interleavings.Round(
        scenario: scenario,
        play: {
          await play(scenario, record)
        }, record: record,
        faults: { faults(scenario, record) })
    }
  }
}
