// Runs tasks on the thread that asks for it, first come, first served, as an event loop does.
import Synchronization

/// Holds jobs until ``run(_:)`` runs them.
final class OneThread: TaskExecutor {
  private let jobs = Mutex<[UnownedJob]>([])

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
  }

  /// Runs the operation, and everything that it starts, to its end on this thread.
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
