// The makers, as specimens.
import FreshetStreams
import Synchronization
import TestSupport

extension Specimen {
  static let makers: [Specimen] = [
    Specimen("a generator", covers: ["AsyncGenerator"]) { probe, ending in AnyStream(probe.source(ending)) },
    Specimen("a generator of a generator", covers: ["AsyncGenerator"]) { probe, ending in
      let source = probe.source(ending)
      return AnyStream(AsyncGenerator { yield in for try await number in source { try await yield(number) } })
    },
    Specimen("unfold", covers: ["unfold", "Unfold"]) { probe, ending in AnyStream(unfold(0, probe.step(ending))) },
    Specimen("paginate", covers: ["paginate", "Paginated", "Page"]) { probe, ending in
      AnyStream(pages(of: 1, probe, ending))
    },
    Specimen("paginate in large pages", covers: ["paginate"], demand: { _ in 3 }) { probe, ending in
      AnyStream(pages(of: 3, probe, ending))
    },
    Specimen("whole pages", covers: ["paginate"]) { probe, ending in
      AnyStream(pages(of: 1, probe, ending).pages) { "\($0.elements[0])" }
    },
    Specimen("paginate, fetched ahead", covers: ["fetchedAhead", "PaginatedAhead"], demand: { $0 + 1 }) {
      probe, ending in
      AnyStream(pages(of: 1, probe, ending).fetchedAhead())
    },
    Specimen("once", covers: ["once", "Once"], elements: ["7"]) { _, _ in AnyStream(once(7)) }.withoutSource(),
    Specimen("empty", covers: ["empty", "Empty"], elements: []) { _, _ in AnyStream(empty(of: Int.self)) }
      .withoutSource(),
    Specimen("failing", covers: ["failing", "Failing"], elements: [], demand: nil) { _, _ in
      AnyStream(failing(Broken(), of: Int.self))
    }.with {
      $0.ends = false
      $0.hangs = false
    },
    Specimen("never", covers: ["never", "NeverEnding"], elements: []) { _, _ in AnyStream(never(of: Int.self)) }
      .withoutSource(hangs: true).with { $0.ends = false },
    Specimen("repeatWith", covers: ["repeatWith", "RepeatWith"]) { probe, ending in
      let step = probe.step(ending)
      // It has no end of its own.
      return AnyStream(PushedStream { counting(step).prefix(ending == .ends ? 3 : 4) })
    },
    Specimen("iterate", covers: ["iterate", "Iterate"], demand: { $0 - 1 }) { probe, ending in
      let step = probe.step(ending)
      return AnyStream(
        iterate(0) { last in
          var state = last + 1
          return try await step(&state)
        })
    },
    Specimen(
      "channel", covers: ["channel", "ChannelSink", "ChannelStream", "StreamSink", "SendError"], demand: { $0 + 1 }
    ) { probe, ending in
      AnyStream(PushedStream { makeChannel(probe, ending, capacity: 0) })
    },
    Specimen("channel with room", covers: ["channel"], demand: { $0 + 2 }) { probe, ending in
      AnyStream(PushedStream { makeChannel(probe, ending, capacity: 1) })
    },
    Specimen("broadcast", covers: ["Broadcast", "BroadcastStream"]) { probe, ending in
      let source = probe.source(ending)
      return AnyStream(PushedStream { Broadcast(source).subscribe(bound: 1) })
    },
    Specimen("broadcast that drops", covers: ["Broadcast"]) { probe, ending in
      let source = probe.source(ending)
      return AnyStream(PushedStream { Broadcast(source).subscribe(bound: 1, whenFull: .dropOldest) })
    },
    Specimen("broadcast that disconnects", covers: ["Broadcast", "SubscriberTooSlow"]) { probe, ending in
      let source = probe.source(ending)
      return AnyStream(PushedStream { Broadcast(source).subscribeOrDisconnect(bound: 1) })
    },
    Specimen("hub", covers: ["Hub", "WhenFull"], demand: { $0 + 2 }) { probe, ending in
      AnyStream(PushedStream { makeHub(probe, ending) { $0.subscribe(bound: 1, whenFull: .wait) } })
    }.withoutFailure(),
    Specimen("hub whose subscriber drops", covers: ["Hub"], demand: { _ in 3 }) { probe, ending in
      AnyStream(PushedStream { makeHub(probe, ending) { $0.subscribe(bound: 3, whenFull: .dropOldest) } })
    }.withoutFailure(),
    Specimen("hub whose subscriber is disconnected", covers: ["Hub"], demand: { _ in 3 }) { probe, ending in
      AnyStream(PushedStream { makeHub(probe, ending) { $0.subscribeOrDisconnect(bound: 3) } })
    }.withoutFailure(),
    Specimen("latest", covers: ["Latest", "LatestStream"], elements: ["7"]) { _, ending in
      let latest = Latest(7)
      if ending != .hangs { latest.finish() }
      return AnyStream(HoldingStream(base: latest.values, held: latest))
    }.withoutSource(hangs: true),
  ]

  private static func pages(of size: Int, _ probe: Probe, _ ending: Ending) -> Paginated<Int, Int, any Error> {
    let step = probe.step(ending)
    return paginate { token in
      var state = token ?? 0
      var elements: [Int] = []
      while state < 3, elements.count < size, let element = try await step(&state) { elements.append(element) }
      // After the last element: the source's end.
      if elements.isEmpty { _ = try await step(&state) }
      return Page(elements, nextToken: state == 3 && ending == .ends ? nil : state)
    }
  }

  /// Calls the closure with a state of its own.
  private static func counting(
    _ step: @escaping @Sendable (inout Int) async throws -> Int?
  ) -> RepeatWith<Int, any Error> {
    let counter = Counter()
    return repeatWith {
      var state = counter.value.withLock { $0 }
      let element = try await step(&state)
      counter.value.withLock { [state] in $0 = state }
      return element ?? -1
    }
  }

  /// A hub's stream that retains the hub, and a task that publishes a source's elements.
  private static func makeHub<Failure: Error>(
    _ probe: Probe, _ ending: Ending, subscribe: (Hub<Int>) -> BroadcastStream<Int, Failure>
  ) -> HoldingStream<BroadcastStream<Int, Failure>, Hub<Int>> {
    let hub = Hub<Int>()
    let executor = withUnsafeCurrentTask { $0?.unownedTaskExecutor?.asTaskExecutor() }
    let life = Probe.Life(probe)
    let stream = subscribe(hub)
    Task(executorPreference: executor) {
      probe.starts.append(())
      defer {
        probe.ends.append(())
        withExtendedLifetime(life) {}
      }
      for number in 0..<3 {
        probe.made.append(number)
        try await hub.publish(number)
      }
      if ending != .hangs { hub.finish() }
    }
    return HoldingStream(base: stream, held: hub)
  }

  /// A channel, and a task that sends a source's elements.
  private static func makeChannel(
    _ probe: Probe, _ ending: Ending, capacity: Int
  ) -> ChannelStream<Int, any Error> {
    let (sink, stream) = channel(of: Int.self, failing: (any Error).self, capacity: capacity)
    let executor = withUnsafeCurrentTask { $0?.unownedTaskExecutor?.asTaskExecutor() }
    let life = Probe.Life(probe)
    Task(executorPreference: executor) {
      probe.starts.append(())
      defer {
        probe.ends.append(())
        withExtendedLifetime(life) {}
      }
      for number in 0..<3 {
        probe.made.append(number)
        try await sink.send(number)
      }
      switch ending {
      case .ends: sink.finish()
      case .fails: sink.finish(throwing: Broken())
      case .hangs: try await sink.waitUntilStreamIsGone()
      }
    }
    return stream
  }
}

/// A closure's counter.
private final class Counter: Sendable {
  let value = Mutex(0)
}

/// A single-use stream that is made on first use, once per iterator: making it may start tasks.
private struct PushedStream<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable {
  let make: @Sendable () -> Base

  func makeAsyncIterator() -> Iterator { Iterator(make: make) }

  struct Iterator: AsyncIteratorProtocol {
    let make: @Sendable () -> Base
    var base: Base.AsyncIterator?

    mutating func next(isolation actor: isolated (any Actor)?) async throws(Base.Failure) -> Base.Element? {
      if base == nil { base = make().makeAsyncIterator() }
      return try await base!.next(isolation: actor)
    }

    mutating func next() async throws(Base.Failure) -> Base.Element? { try await next(isolation: #isolation) }
  }
}

/// A stream that keeps something alive.
private struct HoldingStream<Base: AsyncSequence & Sendable, Held: AnyObject & Sendable>: AsyncSequence, Sendable {
  let base: Base
  let held: Held

  func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), held: held) }

  struct Iterator: AsyncIteratorProtocol {
    var base: Base.AsyncIterator
    let held: Held

    mutating func next(isolation actor: isolated (any Actor)?) async throws(Base.Failure) -> Base.Element? {
      try await base.next(isolation: actor)
    }

    mutating func next() async throws(Base.Failure) -> Base.Element? { try await next(isolation: #isolation) }
  }
}
