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
  @exclusivity(unchecked) private var first: Unmanaged<LoopWork>?
  @exclusivity(unchecked) private var last: Unmanaged<LoopWork>?
  /// The queue whose turn is next, retained there.
  @exclusivity(unchecked) fileprivate var nextLine: Unmanaged<WorkQueue>?
  @exclusivity(unchecked) fileprivate var isInTurn = false
  @exclusivity(unchecked) public fileprivate(set) var isPaused = false
  /// Creates the tasks that run the work; nil for tasks that inherit nothing. Set before there is work.
  @exclusivity(unchecked) package var source: TaskSource? {
    didSet { borrowedSource = source.map { Unmanaged.passUnretained($0) } }
  }
  /// Like `source`, not retained.
  @exclusivity(unchecked) fileprivate final var borrowedSource: Unmanaged<TaskSource>?

  public init() {}

  deinit { while pop() != nil {} }

  fileprivate var isEmpty: Bool { first == nil }

  /// For tests.
  package var count: Int {
    var count = 0, next = first
    while let work = next {
      count += 1
      next = work._withUnsafeGuaranteedRef { $0.next }
    }
    return count
  }

  /// Removes work that is no longer needed.
  public func removeAll(where isDone: (LoopWork) -> Bool) {
    var rest = first
    first = nil
    last = nil
    while let work = rest?.takeRetainedValue() {
      rest = work.next
      work.next = nil
      if !isDone(work) { append(work) }
    }
  }

  fileprivate func append(_ work: LoopWork) {
    let added = Unmanaged.passRetained(work)
    if let last { last._withUnsafeGuaranteedRef { $0.next = added } } else { first = added }
    last = added
  }

  fileprivate func pop() -> LoopWork? {
    guard let work = first?.takeRetainedValue() else { return nil }
    first = work.next
    if first == nil { last = nil }
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
      next = line._withUnsafeGuaranteedRef { $0.nextLine }
      line.release()
    }
  }

  var isEmpty: Bool { first == nil }

  mutating func add(_ work: LoopWork, to line: WorkQueue) {
    line.append(work)
    lineUp(line)
  }

  /// The source of the queue whose turn is next, not retained.
  var nextSource: Unmanaged<TaskSource>? { first?._withUnsafeGuaranteedRef { $0.borrowedSource } }

  /// The next piece of work, if it is for tasks of this source.
  mutating func popFirst(of source: Unmanaged<TaskSource>? = nil) -> LoopWork? {
    while let line = first {
      guard line._withUnsafeGuaranteedRef({ $0.borrowedSource?.toOpaque() == source?.toOpaque() }) else { return nil }
      defer { line.release() }
      if let work = line._withUnsafeGuaranteedRef({ takeTurn(of: $0) }) { return work }
    }
    return nil
  }

  private mutating func takeTurn(of line: WorkQueue) -> LoopWork? {
    first = line.nextLine
    if first == nil { last = nil }
    line.nextLine = nil
    line.isInTurn = false
    if line.isPaused { return nil }
    defer { lineUp(line) }
    return line.pop()
  }

  mutating func pause(_ line: WorkQueue) { line.isPaused = true }

  mutating func resume(_ line: WorkQueue) {
    line.isPaused = false
    lineUp(line)
  }

  private mutating func lineUp(_ line: WorkQueue) {
    if line.isInTurn || line.isEmpty || line.isPaused { return }
    line.isInTurn = true
    let added = Unmanaged.passRetained(line)
    if let last { last._withUnsafeGuaranteedRef { $0.nextLine = added } } else { first = added }
    last = added
  }
}
