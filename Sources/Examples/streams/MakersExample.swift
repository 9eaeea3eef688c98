// `streams makers`: streams from scratch: phases, powers, a ticker, a fan-out.
import ArgumentParser
import ExampleSupport
import Freshet
import FreshetStreams

struct MakersExample: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "makers", abstract: "Make streams: phases, powers of two, a ticker, and a fan-out.")

  @Option(help: "Milliseconds between two ticks.")
  var interval = 100

  func run() async throws {
    for await line in Self.phases { say(line) }
    for await power in Self.powers.prefix(8) { say("\(power)") }
    for await tick in Self.ticks(every: .milliseconds(interval)).prefix(3) { say("tick \(tick)") }
    for await square in Self.squares(of: 8, atOnce: 3) { say("\(square)") }
  }

  /// Three phases in one body: plain code, in which each yield waits for the reader.
  static let phases = AsyncGenerator { yield in
    do {
      try await yield("warming up")
      for step in 1...3 { try await yield("working on \(step)") }
      try await yield("cooling down")
    } catch {}  // the reader is gone; there is nothing to clean up
  }

  static let powers = iterate(1) { $0 * 2 }

  /// Counts, once per interval.
  static func ticks(every interval: Duration) -> some AsyncSequence<Int, Never> & Sendable {
    iterate(0) { $0 + 1 }.paced(every: interval)
  }

  /// Processes several numbers concurrently, and keeps their order.
  static func squares(of count: Int, atOnce limit: Int) -> some AsyncSequence<Int, Never> & Sendable {
    iterate(1) { $0 < count ? $0 + 1 : nil }.mapConcurrent(limit: limit) { number in
      await Task.yield()  // stands for a remote call
      return number * number
    }
  }
}
