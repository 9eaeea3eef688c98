// The time that the calls of a test count, moved by the test: thirty seconds pass when it says so.
import FreshetCore
package import NIOCore
import NIOPosix
import Synchronization

/// A clock for the time-outs and deadlines of calls, which stands still unless a test moves it.
///
/// ```swift
/// let clock = CallClock()
/// let echo = Echo_V1_Echo.Client(server.inProcessChannel(clock: clock))
/// async let reply = echo.get(request, options: CallOptions(timeout: .seconds(30)))
/// await handlerHasBegun()
/// await clock.advance(by: .seconds(30))   // the handler is cancelled, and the reply is DEADLINE_EXCEEDED
/// ```
///
/// Calls of a channel count by it what they are given and what they inherit, at both ends; the calls that a handler makes do
/// where their channel has the same clock. A call that begins after the clock was moved has its whole time before it. Other
/// channels, keepalive, connecting and `Task.sleep` go by the machine's clock, and so does `Deadline.remaining`; operators of
/// streams take a `Clock` of their own.
///
/// Has an event loop of its own, which ends with the clock, its channels and the last of their handlers.
public final class CallClock: Sendable {
  package let eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let time = MovedTime()
  private let executor: LoopExecutor

  /// Begins at the machine's time.
  public init() { executor = .of(eventLoopGroup.next(), time: time) }

  deinit { eventLoopGroup.shutdownGracefully { _ in } }

  /// Moves the clock, by zero or more. When this returns, the calls whose time is over have ended, and
  /// their handlers are cancelled.
  public func advance(by duration: Duration) async {
    await executor.call { [executor, time] in
      time.advance(by: duration)
      executor.timeHasMoved()
    }
  }
}

/// A point in time that is moved on the loop and read anywhere.
final class MovedTime: Sendable {
  private let nanoseconds = Atomic(NIODeadline.now().uptimeNanoseconds)

  var now: NIODeadline { .uptimeNanoseconds(nanoseconds.load(ordering: .acquiring)) }

  /// Called on the loop.
  func advance(by duration: Duration) {
    let moved = Deadline.after(max(.zero, duration), now: now)
    nanoseconds.store(moved.uptimeNanoseconds, ordering: .releasing)
  }
}
