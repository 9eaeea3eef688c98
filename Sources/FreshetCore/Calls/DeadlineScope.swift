// For how long a deadline binds the calls that a task makes: while what it was given to runs.
import Synchronization

/// A deadline, and whether what has to keep it has ended. A task-local is copied by every `Task { }`, and work that
/// outlives its call is not the call's any more: without an end its calls would fail forever.
package final class DeadlineScope: Sendable {
  private let deadline: Deadline
  private let isOver = Atomic(false)
  /// The one that this one is within, which may end sooner or later.
  private let outer: Mutex<DeadlineScope?>
  private let hasOuter: Bool

  package init(_ deadline: Deadline, within outer: DeadlineScope? = nil) {
    self.deadline = deadline
    let outer = outer?.innermostLive
    // In a chain of tasks, each started by the last, none may keep all that were before.
    _ = outer?.liveOuter
    hasOuter = outer != nil
    self.outer = Mutex(outer)
  }

  /// What has to keep the deadline has ended. Called before its outcome is known to anything else.
  package func end() { isOver.store(true, ordering: .relaxed) }

  /// The earliest deadline that binds: its own, and that of the scope around it, as long as they last.
  var binding: Deadline? {
    guard let live = innermostLive else { return nil }
    guard let theirs = live.liveOuter?.binding else { return live.deadline }
    return min(live.deadline, theirs)
  }

  private var innermostLive: DeadlineScope? { isOver.load(ordering: .relaxed) ? liveOuter : self }

  /// Lets go of what has ended.
  private var liveOuter: DeadlineScope? {
    guard hasOuter else { return nil }
    return outer.withLock { outer in
      outer = outer?.innermostLive
      return outer
    }
  }
}

/// Runs `body` with a deadline that the calls which it makes inherit, as the calls of a handler inherit the handler's.
///
/// ```swift
/// let sequel = try await withDeadline(.after(.seconds(5))) {
///   let book = try await library.getBook(request)        // both within the five seconds
///   return try await library.getBook(.with { $0.isbn = book.isbn })
/// }
/// ```
///
/// Where a deadline is inherited already the earlier one counts. It binds the body, its child tasks, and the tasks that
/// it starts with `Task { }` until the body returns or throws; calls that were begun by then keep it. Nothing but calls
/// ends when it passes: the body itself is not cancelled.
public func withDeadline<Result, Failure: Error>(
  _ deadline: Deadline, isolation: isolated (any Actor)? = #isolation, _ body: () async throws(Failure) -> Result
) async throws(Failure) -> Result {
  let scope = DeadlineScope(deadline, within: Deadline.scope)
  defer { scope.end() }
  let result: Swift.Result<Result, Failure> = await Deadline.$scope.withValue(scope) {
    do throws(Failure) { return .success(try await body()) } catch { return .failure(error) }
  }
  return try result.get()
}
