// Work that waits for a task of a loop's pool: one queue per connection, and the connections take turns.

/// A piece of work for a task of a loop's pool. A class, since an async method of a protocol costs an extra frame.
open class LoopWork {
  /// The next work in its connection's queue, retained.
  @exclusivity(unchecked) fileprivate final var next: Unmanaged<LoopWork>?

  public init() {}

  /// Runs on the loop, from beginning to end.
  /// - Parameter task: the task that runs it, which may be cancelled, on the loop, until this returns.
  open func run(in task: Task<Void, Never>) async {}

  /// The work has run on the loop's thread without suspending, and everything else on the loop has waited.
  public struct Hold: Sendable {
    /// 10 ms or more, to within a tick of the system's clock.
    public var time: Duration
    /// Whether the thread has computed, or slept in the kernel, rather than not been scheduled. Known for a minute
    /// after each occurrence.
    public var isCertain: Bool
  }

  /// Called on the loop afterwards.
  open func heldLoop(_ hold: Hold) {}

  /// In nanoseconds, as are the constants below.
  static let leastHold: Int64 = 10_000_000
  static let attentionTime: Int64 = 60_000_000_000
}

/// One connection's queue of work that no task has taken yet. Confined to its loop.
public final class WorkQueue {
  fileprivate struct State {
    var first: Unmanaged<LoopWork>?
    var last: Unmanaged<LoopWork>?
    /// The queue whose turn is next, retained there.
    var nextLine: Unmanaged<WorkQueue>?
    var isInTurn = false
    var isPaused = false
    var source = Borrowable<TaskSource>(nil)
  }

  @exclusivity(unchecked) fileprivate var state = State()

  public init() {}

  deinit { while pop() != nil {} }

  fileprivate var isEmpty: Bool { state.first == nil }

  public var isPaused: Bool { state.isPaused }

  /// Creates the tasks that run the work; nil for tasks that inherit nothing. Set before there is work.
  package var source: TaskSource? {
    get { state.source.object }
    set { state.source = Borrowable(newValue) }
  }

  /// For tests.
  package var count: Int {
    var count = 0, next = state.first
    while let work = next {
      count += 1
      next = work._withUnsafeGuaranteedRef { $0.next }
    }
    return count
  }

  /// Removes work that is no longer needed.
  public func removeAll(where isDone: (LoopWork) -> Bool) {
    var rest = state.first
    state.first = nil
    state.last = nil
    while let work = rest?.takeRetainedValue() {
      rest = work.next
      work.next = nil
      if !isDone(work) { append(work) }
    }
  }

  fileprivate func append(_ work: LoopWork) {
    let added = Unmanaged.passRetained(work)
    if let last = state.last { last._withUnsafeGuaranteedRef { $0.next = added } } else { state.first = added }
    state.last = added
  }

  fileprivate func pop() -> LoopWork? {
    guard let work = state.first?.takeRetainedValue() else { return nil }
    state.first = work.next
    if state.first == nil { state.last = nil }
    work.next = nil
    return work
  }
}

/// The queues that have work and are not paused. Each yields one piece of work, then it is the next one's turn, so that
/// a busy connection does not hold up others.
struct WorkTurns: ~Copyable {
  // Each queue in the list is retained.
  private var first: Unmanaged<WorkQueue>?
  private var last: Unmanaged<WorkQueue>?

  deinit {
    var next = first
    while let line = next {
      next = line._withUnsafeGuaranteedRef { $0.state.nextLine }
      line.release()
    }
  }

  var isEmpty: Bool { first == nil }

  mutating func add(_ work: LoopWork, to line: WorkQueue) {
    line.append(work)
    lineUp(line)
  }

  /// The source of the queue whose turn is next, not retained.
  var nextSource: Unmanaged<TaskSource>? { first?._withUnsafeGuaranteedRef { $0.state.source.borrowed } }

  /// The next piece of work, if it is for tasks of this source.
  mutating func popFirst(of source: Unmanaged<TaskSource>? = nil) -> LoopWork? {
    while let line = first {
      guard line._withUnsafeGuaranteedRef({ $0.state.source.borrowed?.toOpaque() == source?.toOpaque() }) else {
        return nil
      }
      defer { line.release() }
      if let work = line._withUnsafeGuaranteedRef({ takeTurn(of: $0) }) { return work }
    }
    return nil
  }

  private mutating func takeTurn(of line: WorkQueue) -> LoopWork? {
    first = line.state.nextLine
    if first == nil { last = nil }
    line.state.nextLine = nil
    line.state.isInTurn = false
    if line.state.isPaused { return nil }
    defer { lineUp(line) }
    return line.pop()
  }

  mutating func pause(_ line: WorkQueue) { line.state.isPaused = true }

  mutating func resume(_ line: WorkQueue) {
    line.state.isPaused = false
    lineUp(line)
  }

  private mutating func lineUp(_ line: WorkQueue) {
    if line.state.isInTurn || line.isEmpty || line.state.isPaused { return }
    line.state.isInTurn = true
    let added = Unmanaged.passRetained(line)
    if let last { last._withUnsafeGuaranteedRef { $0.state.nextLine = added } } else { first = added }
    last = added
  }
}
