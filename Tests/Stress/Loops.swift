// The event loops of all connections, and where else code of a call may run.
import Freshet
import FreshetTransport
import NIOCore
import NIOPosix

/// All connections, those of the servers and those of the channels, are on these two loops: code that picks a loop is on
/// that of its connection half of the time.
enum Loops {
  static let count = 2
  static let group = MultiThreadedEventLoopGroup(numberOfThreads: count)
  static let all = group.makeIterator().map { StressLoop($0) }

  /// The index of the loop whose thread this is.
  static var current: Int? { all.firstIndex { $0.loop.inEventLoop } }
}

/// A loop, with what runs asynchronous code on it.
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

/// Runs code by NIO's executor: Freshet does not know that it runs.
actor LoopActor {
  private nonisolated let loop: any EventLoop

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

  init(_ loop: any EventLoop) { self.loop = loop }

  func run<Result: Sendable>(at place: Place, _ body: @Sendable () async throws -> Result) async rethrows -> Result {
    place.confirm()
    return try await body()
  }
}

/// Where a piece of asynchronous code runs.
enum Place: Sendable {
  /// Wherever its task is.
  case here
  /// Swift's global pool.
  case pool
  /// On the loop of this index, as a task of Freshet's executor.
  case executor(Int)
  /// On the loop of this index, as an actor.
  case actor(Int)

  func run<Result: Sendable>(_ body: @Sendable () async throws -> Result) async rethrows -> Result {
    if case .here = self { try await body() } else { try await runElsewhere(body) }
  }

  /// Leaves the caller's actor, on which `body` would stay.
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

  /// Code that silently runs elsewhere tests nothing. The call is needed, too: Swift 6.3 does not change executors for a
  /// function that begins with a call of another async one, which relies on its caller.
  func confirm() {
    let index: Int? =
      switch self {
      case .here, .pool: nil
      case .executor(let index), .actor(let index): index
      }
    guard Loops.current == index else { fatalError("code for \(self) runs on loop \(Loops.current ?? -1)") }
  }
}

/// Where a call is finished or cancelled, which takes no waiting.
enum PlainPlace: Sendable {
  case here
  /// In a callback of the loop of this index.
  case callback(Int)
  /// In an interceptor's hook on that loop, when some other call ends: in the midst of the loop's work.
  case endCall(Int)

  func run(_ body: @escaping @Sendable () -> Void) {
    switch self {
    case .here: body()
    case .callback(let index): Loops.all[index].loop.execute(body)
    case .endCall(let index): EndCallWork.add(body, loop: index)
    }
  }
}

/// Waits without suspending at first, since that would order more than the condition does. Then it lets other jobs run, and
/// at last it rests, also in a cancelled task: NIO looks at no socket while its loop has tasks.
func spin(until condition: () -> Bool) async {
  for _ in 0..<20 {
    for _ in 0..<300 where condition() { return }
    await Task.yield()
  }
  while !condition() { await rest(.microseconds(200)) }
}

/// Suspends for a while, whether or not the task is cancelled.
func rest(_ time: TimeAmount) async {
  await withUnsafeContinuation { continuation in
    _ = Loops.all[0].loop.scheduleTask(in: time) { continuation.resume() }
  }
}
