// Creates the tasks of a server's handlers, so that they inherit the task-locals of the task that runs the server.
import FreshetCore
package import NIOCore

/// The sources of one run of a server, one for each loop of its group.
package struct TaskSources: Sendable {
  private let sources: [ObjectIdentifier: (source: TaskSource, executor: LoopExecutor)]

  /// Called in the task whose task-locals the tasks inherit, before there is work for them. A deadline is not
  /// inherited: it binds the calls of the task that runs the server, not those of its handlers.
  package init(for group: any EventLoopGroup) {
    sources =
      Deadline.scope == nil ? Self.start(for: group) : Deadline.$scope.withValue(nil) { Self.start(for: group) }
  }

  private static func start(for group: any EventLoopGroup) -> [ObjectIdentifier: (TaskSource, LoopExecutor)] {
    var sources: [ObjectIdentifier: (TaskSource, LoopExecutor)] = [:]
    for loop in group.makeIterator() {
      let executor = LoopExecutor.of(loop), source = TaskSource()
      if executor.isShutDown { continue }
      source.start(on: executor)
      sources[ObjectIdentifier(executor)] = (source, executor)
    }
    return sources
  }

  package func source(for executor: LoopExecutor) -> TaskSource? { sources[ObjectIdentifier(executor)]?.source }

  /// Current tasks end with their work; later ones inherit nothing.
  package func end() {
    for (source, executor) in sources.values where !executor.isShutDown { executor.run { source.end() } }
  }
}

/// Creates tasks of one loop that inherit the same task-locals: only a task can pass on its own, so one task creates
/// all others on request.
// SAFETY: used on the loop only, also by its tasks, except `task`, which is written before anything else can access it.
package final class TaskSource: @unchecked Sendable {
  fileprivate enum Maker {
    /// There is none, or it has ended.
    case none
    /// It is resumed by a job of the loop, and then suspends again.
    case busy
    case waiting(UnsafeContinuation<Void, Never>)
  }

  struct State {
    fileprivate var maker = Maker.none
    fileprivate var task: Task<Void, Never>?
    fileprivate(set) var isOver = false
    /// The tasks that wait for work.
    var idle: [Worker] = []
  }

  @exclusivity(unchecked) var state = State()

  /// A source that creates no tasks itself.
  init() {}

  /// Inherits the task-locals of the calling task.
  fileprivate func start(on executor: LoopExecutor) {
    state.maker = .busy
    state.task = Task(executorPreference: executor) { await self.makeTasks(on: executor) }
  }

  private func makeTasks(on executor: LoopExecutor) async {
    executor.tasks.add(self)
    while true {
      await waitToBeAsked()
      if state.isOver { break }
      executor.tasks.makeTask(of: self, on: executor)
    }
    executor.tasks.remove(self)
  }

  private func waitToBeAsked() async {
    if state.isOver { return }
    await withUnsafeContinuation { state.maker = .waiting($0) }
  }

  enum OnAsk { case isAsked, isBusy, hasNone }

  /// Has a job of the loop create a task.
  func askForTask() -> OnAsk {
    switch state.maker {
    case .none: return .hasNone
    case .busy: return .isBusy
    case .waiting(let continuation):
      state.maker = .busy
      continuation.resume()
      return .isAsked
    }
  }

  fileprivate func end() {
    state.isOver = true
    if case .waiting(let continuation) = state.maker { continuation.resume() }
    state.maker = .none
  }

  func endIdleTasks() {
    let workers = state.idle
    state.idle = []
    for worker in workers { worker.wake(.end) }
  }
}
