// Tasks that run one piece of work after another, so that a call need not create and end a task of its own.

/// The tasks of one loop. There is one for each suspended piece of work, and one that runs what is ready; a few idle
/// ones are kept. A cancelled task runs nothing more.
// SAFETY: used on the loop only, also by its tasks, whose executor it is.
final class TaskPool: @unchecked Sendable {
  private struct State: ~Copyable {
    /// Work that no task has taken yet.
    var ready = WorkTurns()
    /// The sources of current runs.
    var sources: [TaskSource] = []
    /// All tasks, idle and working.
    var workers: [Worker] = []
    /// When the loop began the current piece of work: that of a task, until it suspends, or another job.
    var begin = CoarseClock.now
    /// The thread's CPU time at that point, until this time: for a minute after work has blocked the loop.
    var usage: ThreadUsage?
    var usageEnd: Int64 = 0
    /// While it is 0 no idle task is kept: tasks retain the executor, which retains the pool.
    var userCount = 0
  }

  @exclusivity(unchecked) private var state = State()
  /// Creates tasks that inherit nothing: their work belongs to no run of a server.
  private let detached = TaskSource()

  /// Per source. An idle task takes about 1.5 KiB.
  private static let maxIdleCount = 64
  /// How many pieces of work a task runs before the executor may check its clock.
  private static let worksPerJob = 16

  var hasWork: Bool { !state.ready.isEmpty }

  func add(_ work: LoopWork, to line: WorkQueue) { state.ready.add(work, to: line) }
  func pause(_ line: WorkQueue) { state.ready.pause(line) }
  func resume(_ line: WorkQueue) { state.ready.resume(line) }

  enum OnWake {
    /// The job takes the work.
    case takesWork
    /// The job creates the task that takes the work, which is another job.
    case makesTask
    /// There is no new job: an earlier one creates the task.
    case waits
  }

  /// Creates a job of `executor` that takes the ready work, or leads to that.
  @discardableResult
  func wake(on executor: LoopExecutor) -> OnWake {
    assert(executor.isCurrent)
    guard let source = state.ready.nextSource else { return wake(detached, on: executor) }
    return source._withUnsafeGuaranteedRef { wake($0, on: executor) }
  }

  private func wake(_ source: TaskSource, on executor: LoopExecutor) -> OnWake {
    if let worker = source.state.idle.popLast() {
      worker.wake(.takeWork)
      return .takesWork
    }
    switch source.askForTask() {
    case .isAsked: return .makesTask
    case .isBusy: return .waits
    case .hasNone:
      let worker = add(Worker(source))
      worker.state.task = Task.detached(executorPreference: executor) { await self.run(worker) }
      return .takesWork
    }
  }

  /// Called by a source's own task, whose task-locals the new one inherits.
  func makeTask(of source: TaskSource, on executor: LoopExecutor) {
    assert(executor.isCurrent)
    let worker = add(Worker(source))
    worker.state.task = Task(executorPreference: executor) { await self.run(worker) }
  }

  /// The pool owns its tasks: a task ends with its source, with the loop's last connection, or with the call that was
  /// cancelled in it.
  private func add(_ worker: Worker) -> Worker {
    worker.state.slot = state.workers.count
    state.workers.append(worker)
    return worker
  }

  func add(_ source: TaskSource) { state.sources.append(source) }

  func remove(_ source: TaskSource) {
    state.sources.removeAll { $0 === source }
    source.endIdleTasks()
  }

  var hasUsers: Bool { state.userCount > 0 }

  func addUser() { state.userCount += 1 }

  func removeUser() {
    state.userCount -= 1
    if state.userCount > 0 { return }
    detached.endIdleTasks()
    for source in state.sources { source.endIdleTasks() }
  }

  private func run(_ worker: Worker) async {
    guard let task = worker.state.task else { preconditionFailure("a task began before it was made") }
    let source = worker.source === detached ? nil : Unmanaged.passUnretained(worker.source)
    defer { remove(worker) }
    repeat {
      for _ in 0..<Self.worksPerJob {
        guard let work = state.ready.popFirst(of: source) else { break }
        worker.state.work = Unmanaged.passUnretained(work)
        await work.run(in: task)
        worker.state.work = nil
        end(work)
        if task.isCancelled { return }
      }
    } while await wait(worker) == .takeWork
  }

  private func remove(_ worker: Worker) {
    let last = state.workers.removeLast()
    if last === worker { return }
    last.state.slot = worker.state.slot
    state.workers[worker.state.slot] = last
  }

  // MARK: Work that blocks the loop

  /// A turn of the loop begins.
  func beginTurn() {
    state.begin = CoarseClock.now
    state.usage = state.begin < state.usageEnd ? ThreadUsage() : nil
  }

  /// A job of the loop has ended: `job`'s task is suspended or has ended.
  func end(_ job: UnownedJob) {
    guard let hold = endHold() else { return }
    state.workers.first { $0.isResumed(by: job) }?.state.work?._withUnsafeGuaranteedRef { $0.heldLoop(hold) }
  }

  private func end(_ work: LoopWork) {
    if let hold = endHold() { work.heldLoop(hold) }
  }

  private func endHold() -> LoopWork.Hold? {
    let now = CoarseClock.now, time = now - state.begin
    state.begin = now
    return time < LoopWork.leastHold ? nil : judge(time, now)
  }

  /// The clock cannot tell whether the thread was blocked by the work, so the next pieces of work are watched closely.
  private func judge(_ time: Int64, _ now: Int64) -> LoopWork.Hold {
    let before = state.usage
    state.usage = ThreadUsage()
    state.usageEnd = now + LoopWork.attentionTime
    let isCertain = before.flatMap { before in state.usage?.showsWork(of: LoopWork.leastHold, since: before) }
    return LoopWork.Hold(time: .nanoseconds(time), isCertain: isCertain ?? false)
  }

  private func wait(_ worker: Worker) async -> Worker.Order {
    let source = worker.source
    if state.userCount == 0 || source.state.isOver || source.state.idle.count == Self.maxIdleCount { return .end }
    return await withUnsafeContinuation { continuation in
      worker.state.continuation = continuation
      source.state.idle.append(worker)
    }
  }
}

/// One task, and the way to wake it.
// SAFETY: as for `TaskPool`.
final class Worker: @unchecked Sendable {
  enum Order { case takeWork, end }

  struct State {
    /// Its index among the workers of its pool.
    var slot = 0
    /// Its current work, retained there.
    var work: Unmanaged<LoopWork>?
    var task: Task<Void, Never>?
    var continuation: UnsafeContinuation<Order, Never>?
  }

  let source: TaskSource
  @exclusivity(unchecked) var state = State()

  init(_ source: TaskSource) { self.source = source }

  /// Whether the job resumes this worker's task. The job that resumes a task is the task itself, in Swift's run-time
  /// library (`AsyncTask` is a `Job`); were it not, nothing would be found here.
  func isResumed(by job: UnownedJob) -> Bool {
    guard let task = state.task else { return false }
    return unsafeBitCast(task, to: UInt.self) == unsafeBitCast(job, to: UInt.self)
  }

  func wake(_ order: Order) {
    state.continuation.take()?.resume(returning: order)
  }
}
