// The makers as one table, so that each law of streams is checked on every one of them.
import FreshetStreams
import TestSupport
import Testing

/// What a specimen's code reports about itself.
final class Probe: Sendable {
  /// The elements in the order they were made.
  let made = Log<Int>()
  /// The bodies that began.
  let starts = Log<Void>()
  /// The bodies whose `defer` ran.
  let ends = Log<Void>()
  /// Fires at the first body's `defer`.
  let gone = Event()
}

/// One stream of integers and what it has to give.
struct Specimen: Sendable, CustomTestStringConvertible {
  /// Asks one iterator for its next element.
  typealias Next = () async throws -> Int?

  let testDescription: String
  let elements: [Int]
  var failure: Broken? = nil
  /// Whether code of the specimen's runs in a task of its own.
  var hasTask = false
  /// Makes the stream; the closure that is returned makes an iterator of it at each call.
  let make: @Sendable (Probe) -> @Sendable () -> Next

  private static func iterators<Stream: AsyncSequence & Sendable>(of stream: Stream) -> @Sendable () -> Next
  where Stream.Element == Int {
    {
      var iterator = stream.makeAsyncIterator()
      return { try await iterator.next(isolation: #isolation) }
    }
  }

  /// Yields 0, 1, 2, reporting all that it does.
  private static func body(_ probe: Probe, _ yield: Yield<Int>) async throws {
    probe.starts.append(())
    defer {
      probe.ends.append(())
      probe.gone.fire()
    }
    for number in 0..<3 {
      probe.made.append(number)
      try await yield(number)
    }
  }

  /// Gives 0, 1, 2, then `nil`.
  private static func step(_ probe: Probe, _ state: inout Int) -> Int? {
    if state == 0 { probe.starts.append(()) }
    guard state < 3 else { return nil }
    defer { state += 1 }
    probe.made.append(state)
    return state
  }

  static let all = [
    Specimen(testDescription: "a generator", elements: [0, 1, 2], hasTask: true) { probe in
      iterators(of: AsyncGenerator { yield in try await body(probe, yield) })
    },
    Specimen(
      testDescription: "a generator that fails", elements: [0, 1, 2], failure: Broken(), hasTask: true
    ) { probe in
      iterators(
        of: AsyncGenerator { yield in
          try await body(probe, yield)
          throw Broken()
        })
    },
    Specimen(
      testDescription: "a generator with a typed failure", elements: [0, 1, 2], failure: Broken(), hasTask: true
    ) { probe in
      iterators(
        of: AsyncGenerator { yield throws(Broken) in
          do { try await body(probe, yield) } catch { return }
          throw Broken()
        })
    },
    Specimen(testDescription: "a generator that cannot throw", elements: [0, 1, 2], hasTask: true) { probe in
      iterators(of: AsyncGenerator { yield in do { try await body(probe, yield) } catch {} })
    },
    Specimen(testDescription: "a generator of a generator", elements: [0, 1, 2], hasTask: true) { probe in
      let inner = AsyncGenerator { yield in try await body(probe, yield) }
      return iterators(of: AsyncGenerator { yield in for try await number in inner { try await yield(number) } })
    },
    Specimen(testDescription: "an unfold", elements: [0, 1, 2]) { probe in
      iterators(of: unfold(0) { state in step(probe, &state) })
    },
    Specimen(testDescription: "an unfold that fails", elements: [0, 1, 2], failure: Broken()) { probe in
      iterators(
        of: unfold(0) { (state: inout Int) async throws(Broken) -> Int? in
          guard let element = step(probe, &state) else { throw Broken() }
          return element
        })
    },
    Specimen(testDescription: "pages of one", elements: [0, 1, 2]) { probe in
      iterators(
        of: paginate { (token: Int?) in
          var state = token ?? 0
          let element = step(probe, &state)
          return Page(element.map { [$0] } ?? [], nextToken: state < 3 ? state : nil)
        })
    },
    Specimen(testDescription: "pages that fail", elements: [0, 1, 2], failure: Broken()) { probe in
      iterators(
        of: paginate { (token: Int?) async throws(Broken) in
          var state = token ?? 0
          guard let element = step(probe, &state) else { throw Broken() }
          return Page([element], nextToken: state)
        })
    },
    Specimen(testDescription: "once", elements: [7]) { _ in iterators(of: once(7)) },
    Specimen(testDescription: "failing", elements: [], failure: Broken()) { _ in
      iterators(of: failing(Broken(), of: Int.self))
    },
  ]

  static let withTask = all.filter(\.hasTask)
}
