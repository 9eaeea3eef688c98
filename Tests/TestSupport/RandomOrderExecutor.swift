// A single-threaded task executor that runs jobs in a seeded random order, so that interleavings can be repeated.
import Synchronization

/// Keeps jobs until ``drain()`` runs them in random order, one by one, on the caller's thread.
///
/// After `drain` nothing changes: what a test then sees is final, without waiting for time to pass.
package final class RandomOrderExecutor: TaskExecutor {
  private struct Jobs {
    var waiting: [UnownedJob] = []
    var random: SeededRandom
  }

  private let jobs: Mutex<Jobs>

  package init(seed: UInt64 = 0) { jobs = Mutex(Jobs(random: SeededRandom(seed: seed))) }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.waiting.append(job) }
  }

  /// Runs jobs until none is left, and returns how many ran.
  @discardableResult
  package func drain() -> Int {
    var count = 0
    while let job = draw() {
      job.runSynchronously(on: asUnownedTaskExecutor())
      count += 1
    }
    return count
  }

  private func draw() -> UnownedJob? {
    jobs.withLock { jobs in
      guard !jobs.waiting.isEmpty else { return nil }
      return jobs.waiting.remove(at: Int.random(in: jobs.waiting.indices, using: &jobs.random))
    }
  }
}
