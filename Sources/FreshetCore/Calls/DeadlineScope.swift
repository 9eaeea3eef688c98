// For how long a deadline binds the calls of a task: during the handler or body that it was set for.
import Synchronization

/// A deadline, and whether its handler or body has ended. Every `Task { }` copies a task-local, and work that outlives
/// its call is no longer part of it: without this end its calls would fail forever.
package final class DeadlineScope: Sendable {
  private let deadline: Deadline
  private let isOver = Atomic(false)
  /// The enclosing scope, which may end sooner or later.
  private let outer: Mutex<DeadlineScope?>
  private let hasOuter: Bool

  package init(_ deadline: Deadline, within outer: DeadlineScope? = nil) {
    self.deadline = deadline
    let outer = outer?.innermostLive
    // In a chain of tasks, each started by the last, none may retain all earlier scopes.
    _ = outer?.liveOuter
    hasOuter = outer != nil
    self.outer = Mutex(outer)
  }

  /// The handler or body has ended. Called before its outcome is visible elsewhere.
  package func end() { isOver.store(true, ordering: .relaxed) }

  /// The earliest deadline in effect: its own and that of the enclosing scope, while they last.
  var binding: Deadline? {
    guard let live = innermostLive else { return nil }
    guard let theirs = live.liveOuter?.binding else { return live.deadline }
    return min(live.deadline, theirs)
  }

  private var innermostLive: DeadlineScope? { isOver.load(ordering: .relaxed) ? liveOuter : self }

  /// Drops enclosing scopes that have ended.
  private var liveOuter: DeadlineScope? {
    guard hasOuter else { return nil }
    return outer.withLock { outer in
      outer = outer?.innermostLive
      return outer
    }
  }
}

/// Runs `body` with a deadline that its calls inherit, as the calls of a handler inherit the handler's.
///
/// ```swift
/// let sequel = try await withDeadline(.after(.seconds(5))) {
///   let book = try await library.getBook(request)        // both within the five seconds
///   return try await library.getBook(.with { $0.isbn = book.isbn })
/// }
/// ```
///
/// The earlier of this and an inherited deadline counts. It binds the body, its child tasks, and the tasks that it
/// starts with `Task { }`, until the body returns or throws; calls that started before that keep it. Only calls end
/// when it expires: the body itself is not cancelled.
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
