// Runs tasks on the calling thread in FIFO order, as an event loop does.
import Synchronization

/// Queues jobs until ``run(_:)`` runs them.
final class OneThread: TaskExecutor {
  private let jobs = Mutex<[UnownedJob]>([])

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
  }

  /// Runs the operation and everything it starts to completion on this thread.
  func run<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) throws -> Value {
    let outcome = Mutex<Result<Value, any Error>?>(nil)
    Task(executorPreference: self) {
      let result: Result<Value, any Error>
      do { result = .success(try await operation()) } catch { result = .failure(error) }
      outcome.withLock { $0 = result }
    }
    while true {
      let batch = jobs.withLock { jobs in
        defer { jobs.removeAll(keepingCapacity: true) }
        return jobs
      }
      if batch.isEmpty, let result = outcome.withLock({ $0 }) { return try result.get() }
      for job in batch { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
  }
}
