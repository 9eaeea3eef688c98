// Sends a response's head if its handler, off the loop, has not produced a message for a moment.
import FreshetTransport
import NIOCore

/// Retained by the loop's timers until it fires.
final class HeadTimer: TimerTarget {
  private static let delay = TimeAmount.milliseconds(5)
  private let call: ServerCall

  private init(_ call: ServerCall) { self.call = call }

  static func set(for call: ServerCall, on executor: LoopExecutor) {
    if executor.isTimeMoved {  // for deadlines, not for this
      _ = executor.schedule(in: .nanoseconds(delay.nanoseconds)) { call.turnEnds() }
      return
    }
    let now = executor.loop.now
    _ = executor.timers.set(HeadTimer(call), at: now + delay, now: now)
  }

  func timerFired() { call.turnEnds() }
}
