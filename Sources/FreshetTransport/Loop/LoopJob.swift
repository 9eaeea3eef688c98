// What other threads hand to a loop, and the list in which it waits: many add to it, one takes.
import Synchronization

/// Something to be done on a loop. It is its own place in the loop's list, so that handing it over allocates nothing; so it
/// must not be handed over again before it has run.
// SAFETY: `next` belongs to the thread that hands the job over until it is in the list, then to the loop. What subclasses hold
// is written before that, and read by `run` alone.
open class LoopJob: @unchecked Sendable {
  @exclusivity(unchecked) fileprivate var next: Unmanaged<LoopJob>?

  public init() {}

  /// Called on the loop, once for each time that the job was handed over.
  open func run() { preconditionFailure("\(Self.self) does nothing") }
}

/// The jobs that a loop was given and has not run, in one order: what was added before runs before. Holds them.
struct LoopJobs: ~Copyable {
  /// The last one that was added, which leads to those before it; on any thread.
  private let latest = Atomic<Unmanaged<LoopJob>?>(nil)
  /// The first of those that the loop has taken over and not run yet, which leads to those behind it. Of the loop alone:
  /// an atomic only so that a job that runs may look at it.
  private let first = Atomic<Unmanaged<LoopJob>?>(nil)

  var isEmpty: Bool { latest.load(ordering: .relaxed) == nil && first.load(ordering: .relaxed) == nil }

  /// How many jobs wait; for tests, while none is added and none runs.
  var count: Int {
    var count = 0
    for list in [latest.load(ordering: .acquiring), first.load(ordering: .acquiring)] {
      var next = list
      while let job = next {
        count += 1
        next = job._withUnsafeGuaranteedRef { $0.next }
      }
    }
    return count
  }

  /// Adds a job behind all others; on any thread.
  /// - Returns: whether the loop has to be woken, since no job added before has done that.
  func add(_ job: LoopJob) -> Bool {
    let added = Unmanaged.passRetained(job)
    var before = latest.load(ordering: .relaxed)
    while true {
      job.next = before
      let (isDone, now) = latest.weakCompareExchange(
        expected: before, desired: added, successOrdering: .releasing, failureOrdering: .relaxed)
      if isDone { return before == nil }
      before = now
    }
  }

  /// Runs all jobs that were added before this call, in their order; on the loop. A job may call it again: what is left of
  /// the jobs before it then runs at once.
  func runAll() {
    runTaken()
    if latest.load(ordering: .relaxed) == nil { return }
    first.store(reversed(latest.exchange(nil, ordering: .acquiring)), ordering: .relaxed)
    runTaken()
  }

  private func runTaken() {
    while let job = first.load(ordering: .relaxed)?.takeRetainedValue() {
      first.store(job.next, ordering: .relaxed)
      job.next = nil
      job.run()
    }
  }

  private func reversed(_ latest: Unmanaged<LoopJob>?) -> Unmanaged<LoopJob>? {
    var rest = latest, first: Unmanaged<LoopJob>?
    while let job = rest {
      job._withUnsafeGuaranteedRef {
        rest = $0.next
        $0.next = first
      }
      first = job
    }
    return first
  }
}

/// A closure as a job.
// SAFETY: immutable.
final class LoopClosure: LoopJob, @unchecked Sendable {
  private let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  override func run() { body() }
}
