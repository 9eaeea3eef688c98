// The numbered actions of a closure, performed by one task or alternately by two.
import Freshet
import NIOCore
import Synchronization

struct Turns: Sendable {
  /// How two tasks take turns.
  enum Order: Sendable {
    /// By two of Freshet's stream channels, one per task.
    case channels(capacity: Int)
    /// By an atomic number. The waiting task does not suspend at first, so nothing else orders the two.
    case atomic
    /// By an actor on the loop with this index.
    case actor(Int)
  }

  let first: Place
  /// nil: one task does everything.
  let second: Place?
  let order: Order

  /// Calls `act` for each number below `count`, in order, then `end`, on the first task.
  ///
  /// Only `order` tells when the second task, which is detached, has finished: awaiting it would add ordering.
  func take(
    _ count: Int, _ act: @escaping @Sendable (Int) async throws -> Void, then end: @Sendable () -> Void = {}
  ) async throws {
    guard let second else {
      return try await first.run {
        for number in 0..<count { try await act(number) }
        end()
      }
    }
    let counter = TurnCounter(order)
    let other = Task.detached {
      do { try await second.run { try await counter.play(1, count, act) } } catch {
        await counter.stop()
        throw error
      }
    }
    do {
      try await first.run {
        try await counter.play(0, count, act)
        end()
      }
    } catch {
      await counter.stop()
      if error is TurnCounter.Stopped { try await other.value }
      throw error
    }
  }
}

/// Counts the turns of two tasks.
final class TurnCounter: Sendable {
  /// The other task failed.
  struct Stopped: Error {}

  private enum Kind: Sendable {
    case channels([(sink: ChannelSink<Int, Never>, stream: ChannelStream<Int, Never>)])
    case atomic
    case actor(TurnActor)
  }

  /// The count after `stop`.
  fileprivate static let stopped = Int.max
  private let kind: Kind
  private let count = Atomic(0)

  init(_ order: Turns.Order) {
    kind =
      switch order {
      case .channels(let capacity): .channels((0..<2).map { _ in channel(of: Int.self, capacity: capacity) })
      case .atomic: .atomic
      case .actor(let index): .actor(TurnActor(Loops.all[index].loop))
      }
  }

  /// Makes every later wait throw.
  func stop() async {
    switch kind {
    case .channels(let channels): for channel in channels { channel.sink.finish() }
    case .atomic: count.store(Self.stopped, ordering: .releasing)
    case .actor(let actor): await actor.set(Self.stopped)
    }
  }

  /// Does every second of `count` actions. The first task also waits for the last one.
  /// - Parameter task: 0 or 1, the number of its first act.
  func play(_ task: Int, _ count: Int, _ act: @Sendable (Int) async throws -> Void) async throws {
    var turns: ChannelStream<Int, Never>.Iterator?
    if case .channels(let channels) = kind { turns = channels[task].stream.makeAsyncIterator() }
    for number in stride(from: task, to: count, by: 2) {
      try await wait(for: number, &turns)
      try await act(number)
      if number + 1 < count || task == 1 { try await pass(number + 1) }
    }
    if task == 0, count.isMultiple(of: 2) { try await wait(for: count, &turns) }
  }

  private func wait(for number: Int, _ turns: inout ChannelStream<Int, Never>.Iterator?) async throws {
    if number == 0 { return }
    let found: Int?
    switch kind {
    case .channels: found = await turns?.next(isolation: #isolation)
    case .atomic:
      await spin { count.load(ordering: .acquiring) >= number }
      found = count.load(ordering: .acquiring)
    case .actor(let actor): found = await actor.wait(for: number)
    }
    if found != number { throw Stopped() }
  }

  private func pass(_ number: Int) async throws {
    switch kind {
    case .channels(let channels): try await channels[number % 2].sink.send(number)
    case .atomic: count.max(number, ordering: .releasing)
    case .actor(let actor): await actor.set(number)
    }
  }
}

/// A count on an event loop.
private actor TurnActor {
  private nonisolated let loop: any EventLoop
  private var count = 0
  private var waiters: [(number: Int, continuation: UnsafeContinuation<Void, Never>)] = []

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

  init(_ loop: any EventLoop) { self.loop = loop }

  func set(_ number: Int) {
    count = max(count, number)
    for waiter in waiters where waiter.number <= count { waiter.continuation.resume() }
    waiters.removeAll { $0.number <= count }
  }

  /// - Returns: the count, once it is at least `number`.
  func wait(for number: Int) async -> Int {
    // Swift may requeue the task before the closure runs, so an earlier check would be stale in it.
    await withUnsafeContinuation { if count < number { waiters.append((number, $0)) } else { $0.resume() } }
    return count
  }
}
