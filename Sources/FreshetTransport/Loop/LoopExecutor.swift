// Makes a NIO event loop the executor of Swift tasks, so that a call never leaves its connection's thread.
import FreshetCore
import FreshetHTTP2
public import NIOCore
import Synchronization

/// Runs jobs on one event loop, in batches: jobs created while a batch runs join it, then each connection with output
/// is flushed once.
///
/// Tasks with this executor preference run on the loop's thread; there they use the loop's objects without a lock.
///
/// **One order.** Anything submitted by a call that has returned comes before anything that begins after it, on any
/// thread: work from other threads is queued in one list, and code on the loop runs that list before it acts (`enter`).
/// There are five ways onto the loop: `run` (now if already there, else soon), `runSoon` (never now), `call` (with a
/// result), `start` (work in a connection's queue), and timers (`timers` for the many of calls, `schedule` for the few
/// of connections). `EventLoop.execute` and its timers are used only here and in `LoopTimers`.
// SAFETY: `loop` is immutable, and any thread may add to `handedOver`; every other property is used on the loop's
// thread only, except the canary, which is atomic.
public final class LoopExecutor: TaskExecutor, TimerHost, @unchecked Sendable {
  struct State {
    fileprivate var jobs: [UnownedJob] = []
    fileprivate var flushes: [TransportConnection] = []
    fileprivate var turnEnds: [any TurnEndTarget] = []
    fileprivate var handshakes = HandshakeLine()
    fileprivate var isDrainScheduled = false
    /// Set while an HTTP/2 session of this loop processes bytes or makes frames.
    var isInSession = false
    /// A scratch buffer for one connection's output or plaintext at a time, so that idle connections hold none.
    var scratch = ByteBuffer()
    var plaintext = ByteBuffer()
    /// The time of this turn, once it was read.
    fileprivate var turnTime: NIODeadline?
    fileprivate var crowd = StreamCrowd()
    /// How long one turn processes handshakes, not counting the last one that it begins; calls get the rest.
    var handshakeTime = TimeAmount.microseconds(500)
  }

  public let loop: any EventLoop
  private let handedOver = LoopJobs()
  private let canary: LoopCanary
  @exclusivity(unchecked) var state = State()
  let tasks = TaskPool()
  let buffers = BufferPool()
  /// The deadlines of this loop's calls.
  public let timers: LoopTimers
  /// Their clock, if a test controls it.
  private let movedTime: MovedTime?
  private let giveBackMemory: @Sendable () -> Void
  /// The memory of this loop's HTTP/2 sessions.
  let sessionMemory = SessionMemory()

  /// How long one turn runs jobs and flushes before the loop polls its sockets again. A producer whose client has room
  /// creates a new job at each flush, so without a limit its client's reset, and all other clients, would have to wait
  /// for it.
  private let maxTurn: TimeAmount
  /// How many jobs run between two checks of the clock.
  private static let jobsPerLook = 16
  /// NIO polls its sockets only when no task is due: tasks added by `execute` run first, and so do due timers. So after
  /// a turn that was cut off, the next one starts from a timer that is not due before NIO can poll, even on a slow
  /// machine or under a sanitizer, where 20 µs were not enough. It costs a loop that has nothing but jobs 5 % of its
  /// time.
  static let pause = TimeAmount.microseconds(100)

  init(
    loop: any EventLoop, time: MovedTime? = nil, maxTurn: TimeAmount = .milliseconds(2),
    giveBackMemory: @escaping @Sendable () -> Void = { FreedMemory.giveBack() }
  ) {
    self.loop = loop
    self.giveBackMemory = giveBackMemory
    movedTime = time
    timers = LoopTimers(loop: loop, time: time)
    self.maxTurn = maxTurn
    canary = LoopCanary(loop)
    timers.host = self
  }

  // Not weak references: objects that have them are slow to retain, and each call retains its executor.
  private static let all = Mutex<[ObjectIdentifier: LoopExecutor]>([:])

  /// The executor of a loop, always the same one. Those of loops that were shut down are released when one is created
  /// for another loop.
  public static func of(_ loop: any EventLoop) -> LoopExecutor { of(loop, time: nil) }

  /// - Parameter time: used if the executor is created now.
  static func of(_ loop: any EventLoop, time: MovedTime?) -> LoopExecutor {
    all.withLock { all in
      if let known = all[ObjectIdentifier(loop)] { return known }
      let made = LoopExecutor(loop: loop, time: time)
      all = all.filter { !$0.value.isShutDown }
      all[ObjectIdentifier(loop)] = made
      return made
    }
  }

  /// Whether the caller is on the loop's thread.
  public var isCurrent: Bool { loop.inEventLoop }

  /// Whether the loop has been shut down and runs nothing any more.
  public var isShutDown: Bool { canary.isDead }

  /// Whether the caller is on the loop and may act on the loop's objects. If so, everything that was submitted before
  /// has run when this returns. False in a callback of an HTTP/2 session, which cannot be re-entered: submit the work
  /// instead.
  public func enter() -> Bool {
    guard loop.inEventLoop, !state.isInSession else { return false }
    catchUp()
    return true
  }

  /// The number of submitted jobs that have not run; for tests that block the loop.
  package var waitingJobCount: Int { handedOver.count }

  /// Runs everything that was submitted before; on the loop.
  public func catchUp() {
    assert(isCurrent)
    if !handedOver.isEmpty { handedOver.runAll() }
  }

  /// Runs `body` after everything that was submitted before: now if the caller is on the loop, else soon.
  public func run(_ body: @escaping @Sendable () -> Void) {
    if enter() { body() } else { hand(LoopClosure(body)) }
  }

  /// Like `run` with a closure.
  public func run(_ job: LoopJob) {
    if enter() { job.run() } else { hand(job) }
  }

  /// Like `run`, but never before it returns, even on the loop.
  public func runSoon(_ body: @escaping @Sendable () -> Void) { hand(LoopClosure(body)) }

  /// Runs `body` on the loop and returns its result: at once if the caller is already there.
  public func call<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    if enter() { return body() }
    return await withUnsafeContinuation { continuation in
      hand(LoopClosure { continuation.resume(returning: body()) })
    }
  }

  /// Runs `body` on the loop after a delay; called on the loop.
  /// - Returns: a handle that cancels it.
  public func schedule(in time: Duration, _ body: @escaping () -> Void) -> Scheduled<Void> {
    schedule(at: loop.now + TimeAmount(time), body)
  }

  /// Runs `body` on the loop at this time; called on the loop.
  public func schedule(at time: NIODeadline, _ body: @escaping () -> Void) -> Scheduled<Void> {
    loop.assumeIsolated().scheduleTask(deadline: time) {
      self.catchUp()
      body()
    }
  }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if loop.inEventLoop { add(job) } else { hand(LoopClosure { self.add(job) }) }
  }

  private func add(_ job: UnownedJob) {
    state.jobs.append(job)
    scheduleDrain()
  }

  /// Only the first queued job wakes the loop, for all of them.
  private func hand(_ job: LoopJob) {
    if handedOver.add(job) { loop.execute { self.runHandedOver() } }
  }

  func timersAreDue() { runHandedOver() }

  private func runHandedOver() {
    if state.isDrainScheduled { return catchUp() }
    state.isDrainScheduled = true  // work that the jobs submit is run in the same turn
    drain()
  }

  /// Runs work in this turn, in a task that may be reused; queues take turns. On the loop.
  public func start(_ work: LoopWork, in line: WorkQueue) {
    assert(isCurrent)
    tasks.add(work, to: line)
    scheduleDrain()
  }

  /// Starts no more work of a queue until it is resumed. On the loop.
  func pause(_ line: WorkQueue) {
    assert(isCurrent)
    tasks.pause(line)
  }

  func resume(_ line: WorkQueue) {
    assert(isCurrent)
    tasks.resume(line)
    scheduleDrain()
  }

  /// Notifies `target` when this turn has run its jobs, before the flush. On the loop.
  public func atTurnEnd(_ target: any TurnEndTarget) {
    assert(isCurrent)
    state.turnEnds.append(target)
    scheduleDrain()
  }

  /// Called by each connection when it opens and closes: while there are connections, a few idle tasks are kept.
  func connectionOpened() {
    assert(isCurrent)
    tasks.addUser()
  }

  func connectionClosed() {
    assert(isCurrent)
    tasks.removeUser()
    if tasks.hasUsers { return }
    state.scratch = ByteBuffer()
    state.plaintext = ByteBuffer()
    buffers.removeAll()
  }

  /// Called by each connection for each of its streams.
  func streamOpened() {
    if state.crowd.open() { watchCrowd() }
  }

  func streamClosed() { state.crowd.close() }

  private func watchCrowd() {
    _ = schedule(in: .seconds(1)) { [self] in
      switch state.crowd.look() {
      case .remains: watchCrowd()
      case .hasShrunk:
        giveBackMemory()
        watchCrowd()
      case .hasGone: giveBackMemory()
      }
    }
  }

  /// Flushes a connection at the end of this turn.
  func scheduleFlush(_ connection: TransportConnection) {
    assert(isCurrent)
    state.flushes.append(connection)
    scheduleDrain()
  }

  /// Has `shakeHands` called in this turn, or in a later one if others are queued before it.
  func lineUp(_ connection: TransportConnection) {
    assert(isCurrent)
    state.handshakes.add(connection)
    scheduleDrain()
  }

  private func scheduleDrain() {
    if state.isDrainScheduled { return }
    state.isDrainScheduled = true
    loop.execute { self.drain() }
  }

  /// The loop's time when first read in this turn, so too early by at most the length of the turn. What was read from a
  /// socket was sent before it.
  public var now: NIODeadline {
    if let turnTime = state.turnTime { return turnTime }
    let time = self.time
    state.turnTime = time
    scheduleDrain()  // whose end is the turn's
    return time
  }

  /// The current time for deadlines. Thread-safe.
  package var time: NIODeadline { movedTime?.now ?? loop.now }

  /// Whether a test controls the time of deadlines.
  package var isTimeMoved: Bool { movedTime != nil }

  /// The time was advanced. On the loop.
  func timeHasMoved() {
    assert(isCurrent)
    forgetTime()
    timers.timeHasMoved()
  }

  /// What follows may happen after the turn's time was read.
  func forgetTime() { state.turnTime = nil }

  private func drain() {
    forgetTime()
    buffers.serve { runTurn() }
    forgetTime()
  }

  private func runTurn() {
    let end = NIODeadline.now() + maxTurn
    tasks.beginTurn()
    work(until: end)
    if !state.handshakes.isEmpty { shakeHands() }
    flushConnections()
    while hasWork && NIODeadline.now() < end {
      work(until: end)
      flushConnections()
    }
    state.isDrainScheduled = hasWork || !state.handshakes.isEmpty
    if state.isDrainScheduled { loop.assumeIsolated().scheduleTask(in: Self.pause) { self.drain() } }
  }

  private func work(until end: NIODeadline) {
    catchUp()
    if timers.areDue { timers.fire() }
    runJobs(until: end)
    tellTurnEnd()
  }

  private func shakeHands() {
    let end = NIODeadline.now() + state.handshakeTime
    repeat {
      guard let connection = state.handshakes.next() else { return }
      connection.shakeHands()
    } while NIODeadline.now() < end
  }

  private var hasWork: Bool {
    !state.jobs.isEmpty || tasks.hasWork || !state.flushes.isEmpty || !handedOver.isEmpty || !state.turnEnds.isEmpty
      || timers.areDue
  }

  private func runJobs(until end: NIODeadline) {
    // New calls do not wait for all continuations: 18,000 handlers that were cancelled together took 250 ms.
    if tasks.hasWork, !state.jobs.isEmpty { beginWork() }
    var next = 0
    while next < state.jobs.count || tasks.hasWork {
      let startsWork = next == state.jobs.count
      if startsWork, tasks.wake(on: self) == .waits { break }  // its job comes
      let job = state.jobs[next]
      next += 1
      job.runSynchronously(on: asUnownedTaskExecutor())
      tasks.end(job)
      if startsWork || next.isMultiple(of: Self.jobsPerLook), NIODeadline.now() >= end { break }
    }
    if next == state.jobs.count { state.jobs.removeAll(keepingCapacity: true) } else { state.jobs.removeFirst(next) }
  }

  /// Runs the job that takes work next, ahead of earlier ones.
  private func beginWork() {
    let count = state.jobs.count
    let onWake = tasks.wake(on: self)
    runLastJob(after: count)
    if onWake == .makesTask { runLastJob(after: count) }
  }

  private func runLastJob(after count: Int) {
    guard state.jobs.count == count + 1, let job = state.jobs.popLast() else { return }
    job.runSynchronously(on: asUnownedTaskExecutor())
    tasks.end(job)
  }

  private func tellTurnEnd() {
    if state.turnEnds.isEmpty { return }
    let targets = state.turnEnds
    state.turnEnds = []
    for target in targets { target.turnEnds() }
  }

  private func flushConnections() {
    var next = 0
    while next < state.flushes.count {  // a flush may add another connection
      state.flushes[next].flush()
      next += 1
    }
    state.flushes.removeAll(keepingCapacity: true)
  }
}

/// Acts at the end of a loop's turn.
public protocol TurnEndTarget: AnyObject {
  /// Called once for each `LoopExecutor.atTurnEnd`, on the loop.
  func turnEnds()
}
