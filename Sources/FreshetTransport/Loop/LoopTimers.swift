// The timers of one event loop: as many as there are calls with deadlines, and one of NIO's for all of them.
public import NIOCore

/// What has a timer.
public protocol TimerTarget: AnyObject {
  /// The timer was due. Called on the loop.
  func timerFired()
}

/// Who owns timers and fires them.
protocol TimerHost: AnyObject {
  /// There are timers that are due: `LoopTimers.fire` is to be called soon, as long as `areDue`. Called on the loop.
  func timersAreDue()
}

/// Sets and cancels timers in constant time, without an allocation, a lock or a system call.
///
/// NIO's own, a heap under a lock with a promise and closures for each timer, took 11,000 instructions for one that was
/// set and cancelled again, and nearly every deadline is. A timer never fires early, and on an idle loop 1.05 ms late at
/// most: a tick is 2²⁰ ns, so that a shift makes ticks of nanoseconds, and a deadline is rounded up to the next, unless it
/// has passed. NIO's timer that waits for the first of them stays when that one is cancelled, and finds nothing then.
///
/// Many may be due at once: 18,000 calls with one deadline took 838 ms to be answered, in which the loop looked at nothing
/// else. So timers fire for 1 ms, in the order of their ticks, as a part of the executor's turn: a pause of their own would
/// be over when the turn that they make ends, and NIO would look at its sockets between neither. Calls that begin do not
/// wait for the handlers that were cancelled, which are jobs of the loop (`LoopExecutor.beginWork`).
///
/// A timer retains its target until it fires or is cancelled.
// SAFETY: everything is touched on the loop's thread alone.
public final class LoopTimers: NIOScheduledCallbackHandler, @unchecked Sendable {
  private let loop: any EventLoop
  @exclusivity(unchecked) private var wheel = TimerWheel<any TimerTarget>()
  /// When NIO calls.
  @exclusivity(unchecked) private var armedTick = UInt64.max
  @exclusivity(unchecked) private var armed: NIOScheduledCallback?

  /// Whether there may be timers that are due: `fire` is to be called.
  @exclusivity(unchecked) private(set) var areDue = false
  @exclusivity(unchecked) unowned(unsafe) var host: (any TimerHost)?
  /// The host, as long as NIO has a timer: that keeps `self` alone.
  @exclusivity(unchecked) private var armedHost: (any TimerHost)?

  /// How often NIO's timer was set.
  @exclusivity(unchecked) private(set) var armCount = 0

  private let tickBits: UInt64
  /// How long timers fire before the loop looks at its sockets.
  private let maxTurn: TimeAmount
  private let clock: () -> NIODeadline
  /// What the timers count instead of the loop's time, where a test moves it: then by single nanoseconds, so that a move by a
  /// time-out ends its call, and no shorter one does.
  private let time: MovedTime?

  init(
    loop: any EventLoop, time: MovedTime? = nil, maxTurn: TimeAmount = .milliseconds(1),
    clock: @escaping () -> NIODeadline = { NIODeadline.now() }
  ) {
    self.loop = loop
    self.time = time
    tickBits = time == nil ? 20 : 0
    self.maxTurn = maxTurn
    self.clock = clock
  }

  /// Has `target` told when the deadline has passed.
  /// - Parameter now: the loop's time, or an earlier one.
  public func set(_ target: any TimerTarget, at deadline: NIODeadline, now: NIODeadline) -> TimerID {
    loop.assertInEventLoop()
    // What has passed is due at once, not at the next tick.
    let roundedUp = deadline <= now ? now.uptimeNanoseconds : deadline.uptimeNanoseconds + (1 &<< tickBits) - 1
    let id = wheel.insert(target, at: roundedUp &>> tickBits, now: now.uptimeNanoseconds &>> tickBits)
    arm()
    return id
  }

  /// Does nothing when the timer has fired.
  public func cancel(_ id: TimerID) {
    loop.assertInEventLoop()
    _ = wheel.remove(id)
  }

  /// Has NIO call in time for the first timer, unless it does so anyway.
  private func arm() {
    guard let next = wheel.nextTick, next < armedTick else { return }
    if time != nil {
      // Nothing but `timeHasMoved` makes others due.
      guard next <= dueTick else { return }
      return loop.execute {
        self.areDue = true
        self.host?.timersAreDue()
      }
    }
    let old = armed
    armed = nil
    old?.cancel()
    armedTick = next
    armCount += 1
    // A loop that is shutting down takes none, and calls no handler any more.
    armed = try? loop.scheduleCallback(at: .uptimeNanoseconds(next &<< tickBits), handler: self)
    armedHost = armed == nil ? nil : host
  }

  /// The latest tick that is due.
  private var dueTick: UInt64 { (time?.now ?? loop.now).uptimeNanoseconds &>> tickBits }

  /// Fires all that is due by a time that was moved.
  func timeHasMoved() {
    areDue = true
    while areDue { fire() }
  }

  public func handleScheduledCallback(eventLoop: some EventLoop) {
    // What is set until `fire` has been called needs no other callback.
    (armed, armedTick, areDue) = (nil, 0, true)
    armedHost.take()?.timersAreDue()
  }

  /// Fires timers that are due until none is left or the time is up; part of a turn of the executor, which calls it as long
  /// as `areDue`.
  func fire() {
    let tick = dueTick
    let end = clock() + maxTurn
    repeat {
      switch wheel.step(at: tick) {
      case .due(let target): target.timerFired()
      case .moved: break
      case .nothing:
        (armedTick, areDue) = (.max, false)
        return arm()
      }
    } while clock() < end
  }

  /// The loop is shutting down, if it was not `arm`.
  public func didCancelScheduledCallback(eventLoop: some EventLoop) {
    guard armed != nil else { return }
    (armed, armedHost) = (nil, nil)
    _ = wheel.removeAll()
  }
}
