// All connections of a server; can wait for the last of them.
import FreshetCore
import FreshetTransport
import Synchronization

/// Shared by all loops.
final class ConnectionTable: Sendable {
  fileprivate struct State {
    var connections: [ObjectIdentifier: ServerConnection] = [:]
    var crowd = Crowd()
    var isDraining = false
    var waiters: [UnsafeContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  private let drain = OneShot<Void>()
  /// Creates the tasks of the connections' handlers; nil for tasks that inherit nothing.
  let taskSources: TaskSources?

  init(_ taskSources: TaskSources? = nil) { self.taskSources = taskSources }

  enum OnAdd { case isServing, isDraining }

  func add(_ connection: ServerConnection) -> OnAdd {
    state.withLock { state in
      state.connections[ObjectIdentifier(connection)] = connection
      state.crowd.has(state.connections.count)
      return state.isDraining ? .isDraining : .isServing
    }
  }

  enum OnRemove { case crowdRemains, crowdIsGone }

  func remove(_ connection: ServerConnection) -> OnRemove {
    let (waiters, isCrowdGone) = state.withLock { state -> ([UnsafeContinuation<Void, Never>], Bool) in
      state.connections[ObjectIdentifier(connection)] = nil
      let waiters = state.connections.isEmpty ? state.takeWaiters() : []
      return (waiters, state.crowd.hasOnly(state.connections.count))
    }
    for waiter in waiters { waiter.resume() }
    return isCrowdGone ? .crowdIsGone : .crowdRemains
  }

  var all: [ServerConnection] { state.withLock { Array($0.connections.values) } }

  var isDraining: Bool { state.withLock { $0.isDraining } }

  /// From now on new connections are drained at once.
  func startDraining() {
    state.withLock { $0.isDraining = true }
    drain.set(())
  }

  /// Returns when the drain begins, or when the task is cancelled.
  func waitForDrain() async { _ = await drain.wait() }

  /// Returns when no connection is left, even if the caller's task is cancelled.
  func waitUntilEmpty() async {
    await withUnsafeContinuation { continuation in
      let isEmpty = state.withLock { state in
        if !state.connections.isEmpty { state.waiters.append(continuation) }
        return state.connections.isEmpty
      }
      if isEmpty { continuation.resume() }
    }
  }
}

extension ConnectionTable.State {
  fileprivate mutating func takeWaiters() -> [UnsafeContinuation<Void, Never>] {
    defer { waiters = [] }
    return waiters
  }
}
