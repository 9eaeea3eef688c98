// A timer for a time that moves often, and mostly later.
package import NIOCore

/// Set for each request of a connection, so moving it later costs nothing: the event loop's timer stays where it is, and
/// is scheduled again when it fires too early. Confined to its loop.
package struct MovingTimer {
  private var end = NIODeadline.distantFuture
  private var scheduled: Scheduled<Void>?
  private var scheduledTime = NIODeadline.distantFuture

  package init() {}

  /// Has `body` called at this time, which must then ask `fired`.
  package mutating func set(to time: NIODeadline, on executor: LoopExecutor, _ body: @escaping () -> Void) {
    end = time
    if scheduled == nil || time < scheduledTime { schedule(on: executor, body) }
  }

  /// The time no longer matters.
  package mutating func clear() { end = .distantFuture }

  /// - Returns: whether the time is over; if it has moved, `body` is called again then.
  package mutating func fired(on executor: LoopExecutor, _ body: @escaping () -> Void) -> Bool {
    scheduled = nil
    if end == .distantFuture { return false }
    if executor.loop.now >= end {
      end = .distantFuture
      return true
    }
    schedule(on: executor, body)
    return false
  }

  /// Nothing is called any more.
  package mutating func cancel() {
    scheduled?.cancel()
    self = MovingTimer()
  }

  private mutating func schedule(on executor: LoopExecutor, _ body: @escaping () -> Void) {
    scheduled?.cancel()
    scheduledTime = end
    scheduled = executor.schedule(at: end, body)
  }
}
