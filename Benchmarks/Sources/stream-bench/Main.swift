// Measures the cost per element of each way in turn, in several rounds, and prints medians and ratios.
//
//   stream-bench [ROUNDS] [ELEMENTS] [CASE]      CASE: a substring of one case's name, to profile it alone
import AsyncAlgorithms
import FreshetStreams

@main
struct StreamBench {
  static let cases = [
    Case("a sequence by hand") { try await sum(of: Numbers(count: $0)) },
    Case("unfold") { count in
      try await sum(
        of: unfold(0) { (next: inout Int) -> Int? in
          guard next < count else { return nil }
          defer { next += 1 }
          return next
        })
    },
    Case("the writer, called by hand") { count in
      let writer = Writer()
      for number in 0..<count { try await writer.write(number) }
      return writer.sum
    },
    Case("generator, run directly into the writer") { count in
      let writer = Writer()
      try await generator(count).run(into: writer)
      return writer.sum
    },
    Case("generator, run directly into a closure") { count in
      let writer = Writer()
      try await generator(count).run { try await writer.write($0) }
      return writer.sum
    },
    Case("generator, by its rendezvous") { try await sum(of: generator($0)) },
    Case("channel of capacity 0") { try await throughChannel($0, capacity: 0) },
    Case("channel of capacity 64") { try await throughChannel($0, capacity: 64) },
    Case("broadcast to one subscriber") { try await sum(of: Broadcast(generator($0)).subscribe(bound: 64)) },
    Case("hub with one subscriber") { count in
      let hub = Hub<Int>()
      let stream = hub.subscribe(bound: 64, whenFull: .wait)
      async let sending: Void = {
        for number in 0..<count { try await hub.publish(number) }
        hub.finish()
      }()
      let sum = try await sum(of: stream)
      try await sending
      return sum
    },
    Case("AsyncStream, unbounded") { count in
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      async let sending: Void = {
        for number in 0..<count { continuation.yield(number) }
        continuation.finish()
      }()
      let sum = try await sum(of: stream)
      await sending
      return sum
    },
    Case("AsyncStream, each element waited for") { count in
      // The same back-pressure as the generator's: a second stream requests the next element.
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      let (demands, demand) = AsyncStream.makeStream(of: Void.self)
      async let sending: Void = {
        var number = 0
        for await _ in demands {
          guard number < count else { break }
          continuation.yield(number)
          number += 1
        }
        continuation.finish()
      }()
      var sum = 0
      demand.yield()
      for await number in stream {
        sum += number
        demand.yield()
      }
      await sending
      return sum
    },
    Case("AsyncChannel") { count in
      let channel = AsyncChannel<Int>()
      async let sending: Void = {
        for number in 0..<count { await channel.send(number) }
        channel.finish()
      }()
      let sum = try await sum(of: channel)
      await sending
      return sum
    },
  ]

  static func generator(_ count: Int) -> AsyncGenerator<Int, any Error> {
    AsyncGenerator { yield in for number in 0..<count { try await yield(number) } }
  }

  static func throughChannel(_ count: Int, capacity: Int) async throws -> Int {
    let (sink, stream) = channel(of: Int.self, capacity: capacity)
    async let sending: Void = {
      for number in 0..<count { try await sink.send(number) }
      sink.finish()
    }()
    let sum = try await sum(of: stream)
    try await sending
    return sum
  }

  /// The comparisons, with the maximum ratio aimed at.
  static let comparisons = [
    ("unfold", "a sequence by hand", "1.2"),
    ("generator, run directly into the writer", "the writer, called by hand", "1.5"),
    ("generator, by its rendezvous", "AsyncStream, unbounded", "1"),
    ("generator, by its rendezvous", "AsyncStream, each element waited for", "1"),
    ("generator, by its rendezvous", "AsyncChannel", "0.5"),
    ("channel of capacity 0", "AsyncChannel", "–"),
  ]

  static func main() async throws {
    let arguments = CommandLine.arguments
    let rounds = arguments.count > 1 ? Int(arguments[1])! : 11
    let count = arguments.count > 2 ? Int(arguments[2])! : 100_000
    let cases = arguments.count > 3 ? cases.filter { $0.name.contains(arguments[3]) } : cases
    var (one, any) = (cases, cases)
    let thread = OneThread()
    for _ in 0..<rounds {
      for index in cases.indices {
        try await one[index].run(count: count, on: thread)
        try await any[index].run(count: count, on: nil)
      }
    }
    report("ns for each element, all on one thread, as on an event loop (median of \(rounds) rounds):", one)
    report("ns for each element, on the global pool's threads:", any)
  }

  static func report(_ title: String, _ cases: [Case]) {
    let median = Dictionary(uniqueKeysWithValues: cases.map { ($0.name, $0.median) })
    let width = cases.map(\.name.count).max() ?? 0
    print(title)
    for one in cases {
      print("  \(one.name.padding(width))  \(one.median.text)  (\(one.costs.min()!.text)–\(one.costs.max()!.text))")
    }
    for (name, other, aim) in comparisons {
      guard let cost = median[name], let compared = median[other] else { continue }
      print("  \(name) / \(other): \((cost / compared).text)  (aim: \(aim))")
    }
    print()
  }
}

extension String {
  func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

extension Double {
  /// With two decimals.
  var text: String {
    let hundredths = Int((self * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
