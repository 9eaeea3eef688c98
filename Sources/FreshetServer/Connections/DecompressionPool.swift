// Decompresses large messages off the event loops, with connections taking turns.
import DequeModule
import NIOCore
import NIOPosix
import Synchronization

/// A few threads for work that would block a loop for milliseconds: a few KiB may expand to a whole message limit. The
/// connections take turns, so that one with much work only delays itself.
final class DecompressionPool: Sendable {
  /// Shared by the process; leaves a core to the loops if there are several.
  static let shared = DecompressionPool(width: max(1, NIOSingletons.groupLoopCountSuggestion - 1))

  fileprivate typealias Job = @Sendable () -> Void

  fileprivate struct State {
    var lines: [ObjectIdentifier: Deque<Job>] = [:]
    /// The queues with jobs, in the order of their turns.
    var turns: Deque<ObjectIdentifier> = []
    var running = 0
  }

  private let state = Mutex(State())
  private let width: Int

  init(width: Int) { self.width = width }

  /// The number of queued jobs; for tests.
  var waitingCount: Int { state.withLock { $0.lines.values.reduce(0) { $0 + $1.count } } }

  /// Runs `body` on one of the threads when the turn of `owner`'s queue comes.
  func submit(for owner: any AnyObject & Sendable, _ body: @escaping @Sendable () -> Void) {
    let starts = state.withLock { state in
      state.add(
        {
          body()
          withExtendedLifetime(owner) {}  // its identity identifies the queue
        }, to: ObjectIdentifier(owner))
      if state.running == width { return false }
      state.running += 1
      return true
    }
    if starts { runNext() }
  }

  /// One job per visit to the thread pool, which is shared.
  private func runNext() {
    NIOThreadPool.singleton.submit { _ in
      if let job = self.state.withLock({ $0.next() }) {
        job()
        self.runNext()
      }
    }
  }
}

extension DecompressionPool.State {
  fileprivate mutating func add(_ job: @escaping @Sendable () -> Void, to line: ObjectIdentifier) {
    if lines[line] == nil { turns.append(line) }
    lines[line, default: []].append(job)
  }

  /// - Returns: nil when there is no job left; then one worker fewer is running.
  fileprivate mutating func next() -> (@Sendable () -> Void)? {
    guard let line = turns.popFirst(), let job = lines[line]?.popFirst() else {
      running -= 1
      return nil
    }
    if lines[line]?.isEmpty == true { lines[line] = nil } else { turns.append(line) }
    return job
  }
}
