// The event loops of all connections, and the places where code of a call may run.
import Freshet
import FreshetTransport
import NIOCore
import NIOPosix

/// All connections of servers and channels are on these two loops, so code on a random loop is on its connection's loop
/// half of the time.
enum Loops {
  static let count = 2
  static let group = MultiThreadedEventLoopGroup(numberOfThreads: count)
  static let all = group.makeIterator().map { StressLoop($0) }

  /// The index of the current thread's loop.
  static var current: Int? { all.firstIndex { $0.loop.inEventLoop } }
}

/// A loop, with an executor and an actor on it.
struct StressLoop: Sendable {
  let loop: any EventLoop
  /// Freshet's own executor, which `RPCChannel.executor` is, too.
  let executor: LoopExecutor
  let actor: LoopActor

  init(_ loop: any EventLoop) {
    self.loop = loop
    executor = LoopExecutor.of(loop)
    actor = LoopActor(loop)
  }
}

/// Runs code on NIO's executor, without Freshet's knowledge.
actor LoopActor {
  private nonisolated let loop: any EventLoop

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

  init(_ loop: any EventLoop) { self.loop = loop }

  func run<Result: Sendable>(at place: Place, _ body: @Sendable () async throws -> Result) async rethrows -> Result {
    place.confirm()
    return try await body()
  }
}

/// Where asynchronous code runs.
enum Place: Sendable {
  /// Where its task already is.
  case here
  /// Swift's global pool.
  case pool
  /// On the loop with this index, in a task with Freshet's executor.
  case executor(Int)
  /// On the loop with this index, as an actor.
  case actor(Int)

  func run<Result: Sendable>(_ body: @Sendable () async throws -> Result) async rethrows -> Result {
    if case .here = self { try await body() } else { try await runElsewhere(body) }
  }

  /// Leaves the caller's actor; `body` would stay on it otherwise.
  @concurrent
  private func runElsewhere<Result: Sendable>(_ body: @Sendable () async throws -> Result) async rethrows -> Result {
    switch self {
    case .here, .pool: try await run(on: globalConcurrentExecutor, body)
    case .executor(let index): try await run(on: Loops.all[index].executor, body)
    case .actor(let index): try await Loops.all[index].actor.run(at: self, body)
    }
  }

  private func run<Result>(
    on executor: any TaskExecutor, _ body: () async throws -> Result
  ) async rethrows -> Result {
    try await withTaskExecutorPreference(executor) {
      confirm()
      return try await body()
    }
  }

  /// Code that silently runs elsewhere would test nothing. The call is also needed in itself: Swift 6.3 does not switch
  /// executors for a function that starts by calling another async function; it relies on its caller.
  func confirm() {
    let index: Int? =
      switch self {
      case .here, .pool: nil
      case .executor(let index), .actor(let index): index
      }
    guard Loops.current == index else { fatalError("code for \(self) runs on loop \(Loops.current ?? -1)") }
  }
}

/// Where a call is finished or cancelled, neither of which suspends.
enum PlainPlace: Sendable {
  case here
  /// In a callback on the loop with this index.
  case callback(Int)
  /// In an interceptor's hook on that loop when another call ends: in the middle of the loop's work.
  case endCall(Int)

  func run(_ body: @escaping @Sendable () -> Void) {
    switch self {
    case .here: body()
    case .callback(let index): Loops.all[index].loop.execute(body)
    case .endCall(let index): EndCallWork.add(body, loop: index)
    }
  }
}

/// Waits without suspending at first, since that would add ordering beyond the condition. Then it yields to other jobs,
/// and finally it sleeps, even in a cancelled task: NIO does not poll sockets while its loop has tasks.
func spin(until condition: () -> Bool) async {
  for _ in 0..<20 {
    for _ in 0..<300 where condition() { return }
    await Task.yield()
  }
  while !condition() { await rest(.microseconds(200)) }
}

/// Sleeps for a while, whether or not the task is cancelled.
func rest(_ time: TimeAmount) async {
  await withUnsafeContinuation { continuation in
    _ = Loops.all[0].loop.scheduleTask(in: time) { continuation.resume() }
  }
}
