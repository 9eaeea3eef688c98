// A task executor of one thread that runs jobs in an order drawn from a seed, so that interleavings can be rerun.
import Synchronization

/// Holds jobs until ``drain()`` draws them at random, one by one; whoever calls `drain` is the thread.
///
/// After `drain` nothing moves: what a test then sees is final, without any waiting for time to pass.
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
