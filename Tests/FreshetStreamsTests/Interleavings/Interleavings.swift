// Thousands of random event orders, each from its own seed.
import Foundation
import TestSupport
import Testing

/// Plays a number of rounds; the first failure ends that, and prints how to repeat it.
enum Interleavings {
  /// How many rounds are played for each of the five kinds: a fifth of FRESHET_INTERLEAVINGS.
  static let count = (ProcessInfo.processInfo.environment["FRESHET_INTERLEAVINGS"].flatMap { Int($0) } ?? 100_000) / 5

  /// One round: its parties, and afterwards the broken rules.
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
      // Derived from the first seed and the number, so that a round can be repeated without earlier ones.
      var random = SeededRandom(seed: seeds.seed &+ UInt64(number))
      let executor = RandomOrderExecutor(seed: random.next())
      let round = make(&random)
      let over = Event()
      Task(executorPreference: executor) { [play = round.play] in
        await play()
        over.fire()
      }
      executor.drain()
      let faults = round.faults() + (over.hasFired ? [] : ["a task waits forever"])
      guard faults.isEmpty else {
        Issue.record(
          "\(name): FRESHET_SEED=\(seeds.seed &+ UInt64(number)), \(round.scenario): \(round.record): \(faults)")
        return
      }
    }
    print("interleavings: \(count) of \(name) from seed \(seeds.seed) in \(ContinuousClock.now - begin)")
  }

  /// Yields a few times.
  static func pause(_ count: Int) async { for _ in 0..<count { await Task.yield() } }

  /// Runs a consumer, optionally cancels it after some steps, and waits for its end.
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

/// A consumer's elements, and how they ended.
final class Reading<Element: Sendable>: Sendable, CustomStringConvertible {
  let received = Log<Element>()
  private let endings = Log<String>()

  var description: String { "received \(received.values) then \(endings.values)" }

  /// "end", the error's type, or nil for a consumer that was dropped.
  var ending: String? { endings.values.first }
  var wasFused: Bool { endings.values.count <= 1 }

  /// Reads up to this many elements, and once more after an end.
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
