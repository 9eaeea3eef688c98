// What other threads hand to a loop, and the list in which it waits: many add to it, one takes.
import Synchronization

/// Something to be done on a loop. It is its own place in the loop's list, so that handing it over allocates nothing; so it
/// must not be handed over again before it has run.
// SAFETY: `next` belongs to whoever hands the job over until it is in the list, then to the loop. What subclasses hold
// is written before that, and read by `run` alone.
open class LoopJob: @unchecked Sendable {
  @exclusivity(unchecked) fileprivate var next: Unmanaged<LoopJob>?

  public init() {}

  /// Called on the loop, once for each time that the job was handed over.
  open func run() { preconditionFailure("\(Self.self) does nothing") }
}

/// The jobs that a loop was given from elsewhere and has not run. Holds them.
struct LoopJobs: ~Copyable {
  private let latest = Atomic<Unmanaged<LoopJob>?>(nil)

  /// Adds a job behind all others; on any thread.
  /// - Returns: whether it is the only one, and the loop has to be told.
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

  /// Runs all jobs that are here, in the order in which they were added; on the loop.
  func runAll() {
    if latest.load(ordering: .relaxed) == nil { return }
    var job = reversed(latest.exchange(nil, ordering: .acquiring))
    while let current = job {
      let held = current.takeRetainedValue()
      job = held.next
      held.next = nil
      held.run()
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
