// Records the activity of a specimen's code, and the sources that report it.
import FreshetStreams
import Synchronization
import TestSupport

/// How a source ends after its three elements.
enum Ending: Sendable {
  case ends
  /// It throws `Broken`.
  case fails
  /// It waits until it is cancelled.
  case hangs
}

/// The events of one specimen.
final class Probe: Sendable {
  /// The elements in the order of their creation.
  let made = Log<Int>()
  /// The started bodies, and those whose `defer` ran.
  let starts = Log<Void>()
  let ends = Log<Void>()
  /// The specimen's clock.
  let clock = ManualClock()
  private let aliveCount = Atomic<Int>(0)

  /// How many sources are still retained.
  var alive: Int { aliveCount.load(ordering: .relaxed) }

  /// Retained by a source: alive as long as a stream, an iterator or a task retains the source.
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

  /// Returns 0, 1, 2, and then the end; without a task. The state counts.
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
