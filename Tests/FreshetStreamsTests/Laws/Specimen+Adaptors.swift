// The adaptors, as specimens.
import FreshetStreams
import Synchronization
import TestSupport

extension Specimen {
  static let adaptors: [Specimen] = [
    Specimen("fused", covers: ["fused", "Fused"]) { AnyStream($0.source($1).fused()) },
    Specimen("fused, of a sequence that is not", covers: ["fused"]) { probe, ending in
      AnyStream(Restless(base: probe.source(ending)).fused())
    },
    Specimen("enumerated", covers: ["enumerated", "Enumerated"], elements: ["0=0", "1=1", "2=2"]) { probe, ending in
      AnyStream(probe.source(ending).enumerated()) { "\($0.offset)=\($0.element)" }
    },
    Specimen("peekable", covers: ["peekable", "Peekable"]) { AnyStream($0.source($1).peekable()) },
    Specimen("inspect", covers: ["inspect", "Inspected", "Inspection"]) { AnyStream($0.source($1).inspect { _ in }) },
    Specimen("scan", covers: ["scan", "Scan"], elements: ["0", "1", "3"]) { probe, ending in
      AnyStream(
        probe.source(ending).scan(into: 0) { sum, number in
          sum += number
          return sum
        })
    },
    Specimen("scan with an early end", covers: ["scan"], elements: ["0", "1"]) { probe, ending in
      AnyStream(probe.source(ending).scan(into: ()) { _, number in number < 2 ? number : nil })
    }.withoutFailure(instead: ["0", "1"]).with { $0.hangs = false },
    Specimen("recover", covers: ["recover", "Recovered"]) { probe, ending in
      AnyStream(probe.source(ending).recover { _ in once(9) })
    }.withoutFailure(instead: ["0", "1", "2", "9"]),
    Specimen("recover that fails too", covers: ["recover"]) { probe, ending in
      AnyStream(probe.source(ending).recover { failing($0, of: Int.self) })
    },
    Specimen(
      "bytes", covers: ["bytes", "Bytes"], elements: ["0", "10", "1", "11", "2", "12"], demand: { ($0 + 1) / 2 }
    ) { probe, ending in
      AnyStream(probe.source(ending).map { [UInt8($0), UInt8($0 + 10)] }.bytes())
    },
    Specimen("chunks of bytes", covers: ["chunks", "ByteChunks"], elements: ["[0, 1]", "[2]"]) { probe, ending in
      AnyStream(probe.source(ending).map { UInt8($0) }.chunks(ofBytes: 2))
    }.with {
      $0.demand = { 2 * $0 }
      $0.countBeforeWait = 1
    },
    Specimen("count", covers: ["count"], elements: ["3"]) { probe, ending in
      let source = probe.source(ending)
      return AnyStream(resultOf: { try await source.count() })
    }.total(),
    Specimen("first", covers: ["first"], elements: ["0"]) { probe, ending in
      let source = probe.source(ending)
      return AnyStream(resultOf: { try await source.first() })
    }.withoutFailure(instead: ["0"]).with { $0.hangs = false },
    Specimen("last", covers: ["last"], elements: ["2"]) { probe, ending in
      let source = probe.source(ending)
      return AnyStream(resultOf: { try await source.last() })
    }.total(),
    Specimen("collect", covers: ["collect", "TooManyElements"], elements: ["[0, 1, 2]"]) { probe, ending in
      let source = probe.source(ending)
      return AnyStream(resultOf: { try await source.collect(upTo: 3) })
    }.total(),
    Specimen("forward", covers: ["forward"], elements: ["2"]) { probe, ending in
      let source = probe.source(ending)
      return AnyStream(resultOf: {
        let latest = Latest(-1)
        try await source.forward(to: latest)
        return latest.value
      })
    }.total(),
  ]

  static let concurrent: [Specimen] = [
    Specimen("mapConcurrent, one at a time", covers: ["mapConcurrent"]) { probe, ending in
      AnyStream(probe.source(ending).mapConcurrent(limit: 1) { $0 })
    },
    Specimen("mapConcurrent in order", covers: ["mapConcurrent"], demand: { $0 + 1 }) { probe, ending in
      AnyStream(probe.source(ending).mapConcurrent(limit: 2) { await pausing($0) })
    },
    Specimen("mapConcurrent without order", covers: ["mapConcurrent"]) { probe, ending in
      AnyStream(probe.source(ending).mapConcurrent(limit: 3, ordered: false) { await pausing($0) })
    }.with {
      $0.demand = { $0 + 2 }
      $0.isOrdered = false
    },
    Specimen("flatMapConcurrent", covers: ["flatMapConcurrent"], demand: { $0 + 1 }) { probe, ending in
      AnyStream(probe.source(ending).flatMapConcurrent(limit: 1) { once($0) })
    },
    Specimen("flatMapConcurrent of several", covers: ["flatMapConcurrent"], demand: { $0 + 1 }) { probe, ending in
      AnyStream(once(()).flatMapConcurrent(limit: 2) { _ in probe.source(ending) })
    },
    Specimen("mergeAll", covers: ["mergeAll"]) { probe, ending in
      AnyStream(probe.source(ending).map { once($0) }.mergeAll())
    }.with {
      $0.demand = { _ in 3 }
      $0.isOrdered = false
      $0.beforeFailure = nil  // an error of the outer sequence does not wait for inner ones
    },
    Specimen("mergeAll of an array", covers: ["mergeAll"], demand: { $0 + 1 }) { probe, ending in
      AnyStream(mergeAll([probe.source(ending)]))
    },
    Specimen("forEachConcurrent", covers: ["forEachConcurrent"], elements: ["3"]) { probe, ending in
      let source = probe.source(ending)
      return AnyStream(resultOf: {
        let count = Log<Int>()
        try await source.forEachConcurrent(limit: 2) { count.append($0) }
        return count.values.count
      })
    }.total(),
    Specimen("readyChunks", covers: ["readyChunks"]) { probe, ending in
      AnyStream(probe.source(ending).readyChunks(max: 2)) { $0.map(String.init).joined(separator: " ") }
    }.with {
      $0.demand = { _ in 3 }
      $0.joins = true
      $0.countBeforeWait = 1
    },
    Specimen("readyChunks of one", covers: ["readyChunks"], demand: { $0 + 1 }) { probe, ending in
      AnyStream(probe.source(ending).readyChunks(max: 1)) { "\($0[0])" }
    },
  ]

  static let timed: [Specimen] = [
    Specimen("paced", covers: ["paced", "Paced"]) { probe, ending in
      AnyStream(probe.source(ending).paced(every: .seconds(1), clock: probe.clock))
    },
    Specimen("timeout", covers: ["timeout", "TimeoutError"]) { probe, ending in
      AnyStream(probe.source(ending).timeout(each: .seconds(3600), clock: probe.clock))
    },
    Specimen("deadline", covers: ["deadline", "TimeoutError"]) { probe, ending in
      AnyStream(probe.source(ending).deadline(.init(sinceStart: .seconds(3600)), clock: probe.clock))
    },
    Specimen("prefix until", covers: ["prefix"]) { probe, ending in
      let life = Probe.Life(probe)
      return AnyStream(
        probe.source(ending).prefix(until: {
          await waitForCancellation()
          withExtendedLifetime(life) {}
        }))
    },
    Specimen("retrying that gives up", covers: ["retrying", "Retrying", "RetrySchedule"]) { probe, ending in
      AnyStream(probe.source(ending).retrying(.constant(.seconds(1), attempts: 0), clock: probe.clock))
    },
    Specimen("retrying that continues", covers: ["retrying"]) { probe, ending in
      let (source, tries) = (probe.source(ending), Log<Void>())
      return AnyStream(
        recovered(source).retrying(
          .constant(.seconds(1), attempts: 1), clock: probe.clock,
          resume: { last in
            tries.append(())
            return recovered(failing(Broken(tries.values.count), of: Int.self))
          }))
    },
    Specimen("retrying what is made for each attempt", covers: ["retrying"]) { probe, ending in
      let source = probe.source(ending)
      return AnyStream(
        retrying(.constant(.seconds(1), attempts: 1), clock: probe.clock) { last in
          last == nil ? source : recovered(failing(Broken(), of: Int.self))
        })
    },
  ]

  static let all = makers + adaptors + concurrent + timed

  /// The same type for two sources.
  private static func recovered<Base: AsyncSequence<Int, any Error> & Sendable>(
    _ base: Base
  ) -> AsyncGenerator<Int, any Error> {
    AsyncGenerator { yield in for try await number in base { try await yield(number) } }
  }

  /// Lets others go first at random.
  private static func pausing(_ number: Int) async -> Int {
    for _ in 0..<3 - number { await Task.yield() }
    return number
  }
}

/// Continues with another element after its end, and another error after its error.
private struct Restless<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable where Base.Element == Int {
  let base: Base

  func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator()) }

  struct Iterator: AsyncIteratorProtocol {
    var base: Base.AsyncIterator
    var isOver = false

    mutating func next(isolation actor: isolated (any Actor)?) async throws -> Int? {
      if isOver { return 99 }
      do {
        if let element = try await base.next(isolation: actor) { return element }
      } catch {
        isOver = true
        throw error
      }
      isOver = true
      return nil
    }

    mutating func next() async throws -> Int? { try await next(isolation: #isolation) }
  }
}
