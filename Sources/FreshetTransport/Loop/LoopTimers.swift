// The timers of one event loop: one per call with a deadline, and one NIO timer for all of them.
public import NIOCore

/// Has a timer.
public protocol TimerTarget: AnyObject {
  /// The timer has fired. Called on the loop.
  func timerFired()
}

/// Owns timers and fires them.
protocol TimerHost: AnyObject {
  /// Timers are due: `LoopTimers.fire` must be called soon, while `areDue`. Called on the loop.
  func timersAreDue()
}

/// Sets and cancels timers in constant time, without an allocation, a lock or a system call.
///
/// NIO's own timers, a heap under a lock with a promise and closures for each, took 11,000 instructions for one that
/// was set and cancelled again, and nearly every deadline is. Timers never fire early, and on an idle loop at most 1.05
/// ms late: a tick is 2²⁰ ns, so that a shift converts nanoseconds to ticks, and a deadline is rounded up to the next
/// tick, unless it has passed. The NIO timer for the first of them is kept when that is cancelled, and then finds
/// nothing to do.
///
/// Many may be due at once: 18,000 calls with the same deadline took 838 ms to answer, during which the loop did
/// nothing else. So timers fire for up to 1 ms, in the order of their ticks, as part of the executor's turn: a pause of
/// their own would be over at the end of the turn that they cause, and NIO would poll its sockets between neither. New
/// calls do not wait for the cancelled handlers, which are jobs of the loop (`LoopExecutor.beginWork`).
///
/// A timer retains its target until it fires or is cancelled.
// SAFETY: everything is used on the loop's thread only.
public final class LoopTimers: NIOScheduledCallbackHandler, @unchecked Sendable {
  private let loop: any EventLoop
  private struct State {
    var wheel = TimerWheel<any TimerTarget>()
    /// When NIO will call.
    var armedTick = UInt64.max
    var armed: NIOScheduledCallback?
    var areDue = false
    unowned(unsafe) var host: (any TimerHost)?
    /// The host, while NIO has a timer, which only retains `self`.
    var armedHost: (any TimerHost)?
    var armCount = 0
  }

  @exclusivity(unchecked) private var state = State()
  private let tickBits: UInt64
  /// How long timers fire before the loop polls its sockets.
  private let maxTurn: TimeAmount
  private let clock: () -> NIODeadline
  /// The clock of the timers, if a test controls it: then in single nanoseconds, so that an advance by a time-out ends
  /// its call, and no shorter one does.
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

  var host: (any TimerHost)? {
    get { state.host }
    set { state.host = newValue }
  }

  /// Whether timers may be due, so that `fire` must be called.
  var areDue: Bool { state.areDue }

  /// How often NIO's timer was set.
  var armCount: Int { state.armCount }

  /// Notifies `target` when the deadline has passed.
  /// - Parameter now: the loop's time, or an earlier one.
  public func set(_ target: any TimerTarget, at deadline: NIODeadline, now: NIODeadline) -> TimerID {
    loop.assertInEventLoop()
    // A passed deadline is due at once, not at the next tick.
    let roundedUp = deadline <= now ? now.uptimeNanoseconds : deadline.uptimeNanoseconds + (1 &<< tickBits) - 1
    let id = state.wheel.insert(target, at: roundedUp &>> tickBits, now: now.uptimeNanoseconds &>> tickBits)
    arm()
    return id
  }

  /// Does nothing if the timer has fired.
  public func cancel(_ id: TimerID) {
    loop.assertInEventLoop()
    _ = state.wheel.remove(id)
  }

  /// Has NIO call in time for the first timer, unless it already will.
  private func arm() {
    guard let next = state.wheel.nextTick, next < state.armedTick else { return }
    if time != nil {
      // Only `timeHasMoved` makes others due.
      guard next <= dueTick else { return }
      return loop.execute {
        self.state.areDue = true
        self.state.host?.timersAreDue()
      }
    }
    let old = state.armed
    state.armed = nil
    old?.cancel()
    state.armedTick = next
    state.armCount += 1
    // A loop that is shutting down takes no callbacks, and calls no handlers any more.
    state.armed = try? loop.scheduleCallback(at: .uptimeNanoseconds(next &<< tickBits), handler: self)
    state.armedHost = state.armed == nil ? nil : state.host
  }

  /// The latest tick that is due.
  private var dueTick: UInt64 { (time?.now ?? loop.now).uptimeNanoseconds &>> tickBits }

  /// Fires everything that is due after an advance.
  func timeHasMoved() {
    loop.assertInEventLoop()
    state.areDue = true
    while state.areDue { fire() }
  }

  public func handleScheduledCallback(eventLoop: some EventLoop) {
    // Timers set before `fire` is called need no other callback.
    (state.armed, state.armedTick, state.areDue) = (nil, 0, true)
    state.armedHost.take()?.timersAreDue()
  }

  /// Fires due timers until none is left or the time is up; part of a turn of the executor, which calls it while
  /// `areDue`.
  func fire() {
    loop.assertInEventLoop()
    let tick = dueTick
    let end = clock() + maxTurn
    repeat {
      switch state.wheel.step(at: tick) {
      case .due(let target): target.timerFired()
      case .moved: break
      case .nothing:
        (state.armedTick, state.areDue) = (.max, false)
        return arm()
      }
    } while clock() < end
  }

  /// The loop is shutting down, unless `arm` has cancelled it.
  public func didCancelScheduledCallback(eventLoop: some EventLoop) {
    guard state.armed != nil else { return }
    (state.armed, state.armedHost) = (nil, nil)
    _ = state.wheel.removeAll()
  }
}
