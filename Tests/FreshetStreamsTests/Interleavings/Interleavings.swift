// Thousands of random orders of events, each from a seed of its own.
import Foundation
import TestSupport
import Testing

/// Plays rounds until there were enough; the first one with a fault ends that, and says how to play it again.
enum Interleavings {
  /// How many rounds are played for each of the five kinds: a fifth of FRESHET_INTERLEAVINGS.
  static let count = (ProcessInfo.processInfo.environment["FRESHET_INTERLEAVINGS"].flatMap { Int($0) } ?? 100_000) / 5

  /// What a round brings: who plays, and afterwards which rules were broken.
  struct Round {
    let scenario: any CustomStringConvertible
    /// Runs on the executor.
    let play: @Sendable () async -> Void
    let record: any CustomStringConvertible
    let faults: () -> [String]
  }

  /// - Parameter make: draws a round.
  static func play(_ name: String, make: (inout SeededRandom) -> Round) {
    let seeds = SeededRandom.forTest(name)
    let begin = ContinuousClock.now
    for number in 0..<count {
      // From the first seed and the number alone, so that a round can be played without those before it.
      var random = SeededRandom(seed: seeds.seed &+ UInt64(number))
      let executor = RandomOrderExecutor(seed: random.next())
      let round = make(&random)
      let over = Event()
      Task(executorPreference: executor) { [play = round.play] in
        await play()
        over.fire()
      }
      executor.drain()
      let faults = round.faults() + (over.hasFired ? [] : ["somebody waits for ever"])
      guard faults.isEmpty else {
        Issue.record(
          "\(name): FRESHET_SEED=\(seeds.seed &+ UInt64(number)), \(round.scenario): \(round.record): \(faults)")
        return
      }
    }
    print("interleavings: \(count) of \(name) from seed \(seeds.seed) in \(ContinuousClock.now - begin)")
  }

  /// Steps back a few times.
  static func pause(_ count: Int) async { for _ in 0..<count { await Task.yield() } }

  /// Runs a consumer, cancels it after some steps if asked to, and waits for its end.
  static func run(cancelledAfter steps: Int?, _ consumer: @escaping @Sendable () async -> Void) async {
    let executor = withUnsafeCurrentTask { $0?.unownedTaskExecutor?.asTaskExecutor() }
    let task = Task(executorPreference: executor) { await consumer() }
    if let steps {
      await pause(steps)
      task.cancel()
    }
    await task.value
  }

  /// The names of the rules that do not hold.
  static func broken(_ rules: [(String, Bool)]) -> [String] { rules.compactMap { $0.1 ? nil : $0.0 } }
}

/// What a consumer received, and how that ended.
final class Reading<Element: Sendable>: Sendable, CustomStringConvertible {
  let received = Log<Element>()
  private let endings = Log<String>()

  var description: String { "received \(received.values) then \(endings.values)" }

  /// "end", the error's type, or nothing for a consumer that went away.
  var ending: String? { endings.values.first }
  var wasFused: Bool { endings.values.count <= 1 }

  /// Reads up to so many elements, and once more behind an end.
  func read<Stream: AsyncSequence>(_ stream: Stream, takes: Int, pauses: Int) async where Stream.Element == Element {
    var iterator = stream.makeAsyncIterator()
    do {
      for _ in 0..<takes {
        await Interleavings.pause(pauses)
        guard let element = try await iterator.next(isolation: #isolation) else {
          endings.append("end")
          break
        }
        received.append(element)
      }
    } catch { endings.append("\(type(of: error as any Error))") }
    guard ending != nil else { return }
    do {
      if try await iterator.next(isolation: #isolation) != nil { endings.append("another element") }
    } catch { endings.append("another error") }
  }
}
