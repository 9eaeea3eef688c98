// Tasks that run one piece of work after the other, so that a call need not make and end a task of its own.
/// The tasks of one loop. There are as many as pieces of work wait for something at the same time, and one that runs what
/// is ready; a few idle ones are kept. A task that was cancelled runs nothing more.
// SAFETY: touched on the loop alone, by its tasks too, whose executor it is.
final class TaskPool: @unchecked Sendable {
  /// Work that no task has taken yet.
  @exclusivity(unchecked) private var ready = WorkTurns()
  @exclusivity(unchecked) private var idle: [Worker] = []
  /// While it is 0 no idle task is kept: tasks hold the executor that holds the pool.
  @exclusivity(unchecked) private var userCount = 0

  /// An idle task takes about 1.5 KiB.
  private static let maxIdleCount = 64
  /// How much work a task runs before the executor may look at its clock.
  private static let worksPerJob = 16

  var hasWork: Bool { !ready.isEmpty }

  func add(_ work: LoopWork, to line: WorkQueue) { ready.add(work, to: line) }
  func pause(_ line: WorkQueue) { ready.pause(line) }
  func resume(_ line: WorkQueue) { ready.resume(line) }

  /// Makes a job of `executor` that takes the work that is ready.
  func wake(on executor: LoopExecutor) {
    if let worker = idle.popLast() { return worker.wake(.takeWork) }
    let worker = Worker()
    worker.task = Task.detached(executorPreference: executor) { await self.run(worker) }
  }

  func addUser() { userCount += 1 }

  func removeUser() {
    userCount -= 1
    if userCount > 0 { return }
    let workers = idle
    idle = []
    for worker in workers { worker.wake(.end) }
  }

  private func run(_ worker: Worker) async {
    guard let task = worker.task else { preconditionFailure("a task began before it was made") }
    repeat {
      for _ in 0..<Self.worksPerJob {
        guard let work = ready.popFirst() else { break }
        await work.run(in: task)
        if task.isCancelled { return }
      }
    } while await wait(worker) == .takeWork
  }

  private func wait(_ worker: Worker) async -> Worker.Order {
    if userCount == 0 || idle.count == Self.maxIdleCount { return .end }
    return await withUnsafeContinuation { continuation in
      worker.continuation = continuation
      idle.append(worker)
    }
  }
}

/// One task, and the way to wake it.
// SAFETY: as `TaskPool`.
private final class Worker: @unchecked Sendable {
  enum Order { case takeWork, end }

  @exclusivity(unchecked) var task: Task<Void, Never>?
  @exclusivity(unchecked) var continuation: UnsafeContinuation<Order, Never>?

  func wake(_ order: Order) {
    continuation?.resume(returning: order)
    continuation = nil
  }
}
