// What a specimen's code reports about itself, and the sources that report.
import FreshetStreams
import Synchronization
import TestSupport

/// How a source ends behind its three elements.
enum Ending: Sendable {
  case ends
  /// It throws `Broken`.
  case fails
  /// It waits until it is cancelled.
  case hangs
}

/// What happened in one specimen.
final class Probe: Sendable {
  /// The elements in the order they were made.
  let made = Log<Int>()
  /// The bodies that began, and those whose `defer` ran.
  let starts = Log<Void>()
  let ends = Log<Void>()
  /// The time of the specimen.
  let clock = ManualClock()
  private let aliveCount = Atomic<Int>(0)

  /// How many sources are still held by anything.
  var alive: Int { aliveCount.load(ordering: .relaxed) }

  /// Held by a source: as long as a stream, an iterator or a task holds the source, this lives.
  final class Life: Sendable {
    private let probe: Probe

    init(_ probe: Probe) {
      self.probe = probe
      probe.aliveCount.add(1, ordering: .relaxed)
    }

    deinit { probe.aliveCount.subtract(1, ordering: .relaxed) }
  }

  /// A generator of 0, 1, 2, which has a task of its own.
  func source(_ ending: Ending) -> AsyncGenerator<Int, any Error> {
    let life = Life(self)
    return AsyncGenerator { yield in
      self.starts.append(())
      defer {
        self.ends.append(())
        withExtendedLifetime(life) {}
      }
      for number in 0..<3 {
        self.made.append(number)
        try await yield(number)
      }
      try await self.end(ending)
    }
  }

  /// Gives 0, 1, 2, and then the end; without a task. The state counts.
  func step(_ ending: Ending) -> @Sendable (inout Int) async throws -> Int? {
    let life = Life(self)
    return { state in
      withExtendedLifetime(life) {}
      guard state < 3 else {
        try await self.end(ending)
        return nil
      }
      defer { state += 1 }
      self.made.append(state)
      return state
    }
  }

  private func end(_ ending: Ending) async throws {
    switch ending {
    case .ends: break
    case .fails: throw Broken()
    case .hangs:
      await waitForCancellation()
      throw CancellationError()
    }
  }
}
