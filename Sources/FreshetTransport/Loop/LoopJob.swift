// Work that other threads submit to a loop, and the multi-producer, single-consumer list that queues it.
import Synchronization

/// Work to be done on a loop. It is its own list node, so submitting it allocates nothing; so it must not be submitted
/// again before it has run.
// SAFETY: `next` belongs to the submitting thread until the job is in the list, then to the loop. The state of
// subclasses is written before that, and read only by `run`.
open class LoopJob: @unchecked Sendable {
  @exclusivity(unchecked) fileprivate var next: Unmanaged<LoopJob>?

  public init() {}

  /// Called on the loop, once for each time the job was submitted.
  open func run() { preconditionFailure("\(Self.self) does nothing") }
}

/// The jobs that were submitted to a loop and have not run, in order of submission. Retains them.
struct LoopJobs: ~Copyable {
  /// The most recently added job, which links to earlier ones; on any thread.
  private let latest = Atomic<Unmanaged<LoopJob>?>(nil)
  /// The first of the jobs that the loop has taken over and not run yet, which links to later ones. Used only by the
  /// loop; an atomic only so that a running job may access it.
  private let first = Atomic<Unmanaged<LoopJob>?>(nil)

  var isEmpty: Bool { latest.load(ordering: .relaxed) == nil && first.load(ordering: .relaxed) == nil }

  /// The number of queued jobs; for tests, while none is added and none runs.
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

  /// Adds a job at the end; on any thread.
  /// - Returns: whether the loop must be woken, since no earlier job has done that.
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

  /// Runs all jobs that were added before this call, in order; on the loop. A job may call it again: the rest of the
  /// earlier jobs then runs at once.
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
