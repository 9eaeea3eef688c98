// The clock of a test's calls, which the test advances: thirty seconds pass when it says so.
import FreshetCore
package import NIOCore
import NIOPosix
import Synchronization

/// A clock for the time-outs and deadlines of calls, which stands still unless a test advances it.
///
/// ```swift
/// let clock = CallClock()
/// let echo = Echo_V1_Echo.Client(server.inProcessChannel(clock: clock))
/// async let reply = echo.get(request, options: CallOptions(timeout: .seconds(30)))
/// await handlerHasBegun()
/// await clock.advance(by: .seconds(30))   // the handler is cancelled, and the reply is DEADLINE_EXCEEDED
/// ```
///
/// It measures explicit and inherited deadlines of a channel's calls, at both ends; calls that a handler makes only if
/// their channel has the same clock. A call that begins after an advance has its whole time left. Other channels,
/// keepalive, connecting and `Task.sleep` use the machine's clock, and so does `Deadline.remaining`; stream operators
/// take a `Clock` of their own.
///
/// Has an event loop of its own, which ends with the clock, its channels and the last of their handlers.
public final class CallClock: Sendable {
  package let eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let time = MovedTime()
  private let executor: LoopExecutor

  /// Starts at the machine's time.
  public init() { executor = .of(eventLoopGroup.next(), time: time) }

  deinit { eventLoopGroup.shutdownGracefully { _ in } }

  /// Advances the clock, by zero or more. When this returns, the calls whose time is up have ended, and their handlers
  /// are cancelled.
  public func advance(by duration: Duration) async {
    await executor.call { [executor, time] in
      time.advance(by: duration)
      executor.timeHasMoved()
    }
  }
}

/// A time that is advanced on the loop and read anywhere.
final class MovedTime: Sendable {
  private let nanoseconds = Atomic(NIODeadline.now().uptimeNanoseconds)

  var now: NIODeadline { .uptimeNanoseconds(nanoseconds.load(ordering: .acquiring)) }

  /// Called on the loop.
  func advance(by duration: Duration) {
    let moved = Deadline.after(max(.zero, duration), now: now)
    nanoseconds.store(moved.uptimeNanoseconds, ordering: .releasing)
  }
}
