// Decompresses large messages away from the event loops, for one connection after the other.
import DequeModule
import NIOCore
import NIOPosix
import Synchronization

/// A few threads for what would hold a loop for milliseconds: a few KiB may stand for a whole message limit. The connections
/// take turns, so that one that brings much waits for itself.
final class DecompressionPool: Sendable {
  /// Of the process; it leaves a core to the loops where there are several.
  static let shared = DecompressionPool(width: max(1, NIOSingletons.groupLoopCountSuggestion - 1))

  fileprivate typealias Job = @Sendable () -> Void

  fileprivate struct State {
    var lines: [ObjectIdentifier: Deque<Job>] = [:]
    /// The lines that have jobs, in the order of their turns.
    var turns: Deque<ObjectIdentifier> = []
    var running = 0
  }

  private let state = Mutex(State())
  private let width: Int

  init(width: Int) { self.width = width }

  /// How many jobs wait for their turn; for tests.
  var waitingCount: Int { state.withLock { $0.lines.values.reduce(0) { $0 + $1.count } } }

  /// Runs `body` on one of the threads when the turn of `owner`'s line has come.
  func submit(for owner: any AnyObject & Sendable, _ body: @escaping @Sendable () -> Void) {
    let starts = state.withLock { state in
      state.add(
        {
          body()
          withExtendedLifetime(owner) {}  // its identity stands for the line
        }, to: ObjectIdentifier(owner))
      if state.running == width { return false }
      state.running += 1
      return true
    }
    if starts { runNext() }
  }

  /// One job for each visit of the thread pool, which others use, too.
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

  /// - Returns: nil when there is nothing left to do; then one less is running.
  fileprivate mutating func next() -> (@Sendable () -> Void)? {
    guard let line = turns.popFirst(), let job = lines[line]?.popFirst() else {
      running -= 1
      return nil
    }
    if lines[line]?.isEmpty == true { lines[line] = nil } else { turns.append(line) }
    return job
  }
}
