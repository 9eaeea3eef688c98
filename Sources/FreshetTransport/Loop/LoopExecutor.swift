// Makes a NIO event loop the executor of Swift tasks, so that a call never leaves the thread of its connection.
import FreshetCore
import FreshetHTTP2
public import NIOCore
import Synchronization

/// Runs jobs on one event loop, in batches: jobs made while a batch runs join it, then each connection that has output
/// is flushed once.
///
/// Tasks with this executor preference run on the loop's thread; there they touch what the loop owns without a lock.
///
/// **One order.** Whatever was handed over by a call that has returned comes before whatever is begun after that, on any
/// thread: other threads' work waits in one list, and who is on the loop runs what waits there before acting (`enter`).
/// Five ways lead to the loop: `run` (now for who is there, else soon), `runSoon` (never now), `call` (with a result), `start`
/// (work in a connection's line), and timers (`timers` for the many of calls, `schedule` for the few of connections).
/// `EventLoop.execute` and its timers are used here and in `LoopTimers` alone.
// SAFETY: `loop` is immutable, and any thread may add to `handedOver`; every other property is touched on the loop's
// thread alone, but for the canary, which is atomic.
public final class LoopExecutor: TaskExecutor, TimerHost, @unchecked Sendable {
  public let loop: any EventLoop
  private let handedOver = LoopJobs()
  private let canary: LoopCanary
  @exclusivity(unchecked) private var jobs: [UnownedJob] = []
  let tasks = TaskPool()
  @exclusivity(unchecked) private var flushes: [TransportConnection] = []
  @exclusivity(unchecked) private var turnEnds: [any TurnEndTarget] = []
  @exclusivity(unchecked) private var handshakes = HandshakeLine()
  @exclusivity(unchecked) private var isDrainScheduled = false
  /// Set while an HTTP/2 session of this loop works through bytes or makes frames.
  @exclusivity(unchecked) var isInSession = false
  /// Scratch space for one connection's output or plaintext at a time, so that idle connections hold none.
  @exclusivity(unchecked) var scratch = ByteBuffer()
  @exclusivity(unchecked) var plaintext = ByteBuffer()
  let buffers = BufferPool()
  /// The time of this turn, once it was asked for.
  @exclusivity(unchecked) private var turnTime: NIODeadline?
  /// The deadlines of this loop's calls.
  public let timers: LoopTimers
  /// What they count, where a test moves it.
  private let movedTime: MovedTime?
  @exclusivity(unchecked) private var crowd = StreamCrowd()
  private let giveBackMemory: @Sendable () -> Void
  /// What the HTTP/2 sessions of this loop take their memory from.
  let sessionMemory = SessionMemory()

  /// How long one turn runs jobs and flushes before the loop looks at its sockets again. A producer whose client has
  /// room makes a new job at each flush, so without an end its client's reset, and all other clients, would wait for
  /// it.
  private let maxTurn: TimeAmount
  /// How many jobs run between two looks at the clock.
  private static let jobsPerLook = 16
  /// NIO polls its sockets only when no task is due: what `execute` adds runs first, a timer that is due, too. So a turn
  /// after one that was cut off comes by a timer that is not due before NIO can look, also on a slow machine or under a
  /// sanitizer, where 20 µs were not enough. It costs a loop that has nothing but jobs 5 % of its time.
  static let pause = TimeAmount.microseconds(100)

  /// For how long one turn works through handshakes, but for the last one that it begins; calls have the rest.
  @exclusivity(unchecked) var handshakeTime = TimeAmount.microseconds(500)

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

  // Not weakly: an object that is referred to weakly is slow to retain, and each call retains its executor.
  private static let all = Mutex<[ObjectIdentifier: LoopExecutor]>([:])

  /// The executor of a loop, always the same one. Those of loops that were shut down go when one is made for another loop.
  public static func of(_ loop: any EventLoop) -> LoopExecutor { of(loop, time: nil) }

  /// - Parameter time: counts if the executor is made now.
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

  /// Whether the loop has been shut down: it runs nothing any more.
  public var isShutDown: Bool { canary.isDead }

  /// Whether the caller is on the loop and may act on what it owns. If so, everything that was handed over before has run
  /// when this returns. In a callback of an HTTP/2 session no code may, since the session cannot be entered again: what is to
  /// be done is handed over.
  public func enter() -> Bool {
    guard loop.inEventLoop, !isInSession else { return false }
    catchUp()
    return true
  }

  /// How many jobs were handed over and have not run; for tests that hold the loop.
  package var waitingJobCount: Int { handedOver.count }

  /// Runs everything that was handed over before; on the loop.
  public func catchUp() {
    if !handedOver.isEmpty { handedOver.runAll() }
  }

  /// Runs `body` behind everything that was handed over before: now when the caller is on the loop, else soon.
  public func run(_ body: @escaping @Sendable () -> Void) {
    if enter() { body() } else { hand(LoopClosure(body)) }
  }

  /// As `run` with a closure.
  public func run(_ job: LoopJob) {
    if enter() { job.run() } else { hand(job) }
  }

  /// As `run`, but never before it returns, even on the loop.
  public func runSoon(_ body: @escaping @Sendable () -> Void) { hand(LoopClosure(body)) }

  /// Runs `body` on the loop and returns its result: at once when the caller is there already.
  public func call<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    if enter() { return body() }
    return await withUnsafeContinuation { continuation in
      hand(LoopClosure { continuation.resume(returning: body()) })
    }
  }

  /// Runs `body` on the loop after a while; called on the loop.
  /// - Returns: what cancels it.
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
    jobs.append(job)
    scheduleDrain()
  }

  /// Only the first of the jobs that wait wakes the loop, for all of them.
  private func hand(_ job: LoopJob) {
    if handedOver.add(job) { loop.execute { self.runHandedOver() } }
  }

  func timersAreDue() { runHandedOver() }

  private func runHandedOver() {
    if isDrainScheduled { return catchUp() }
    isDrainScheduled = true  // what the jobs leave to be done is done at once
    drain()
  }

  /// Runs work in this turn, in a task that other work may have had before; lines take turns. On the loop.
  public func start(_ work: LoopWork, in line: WorkQueue) {
    tasks.add(work, to: line)
    scheduleDrain()
  }

  /// Begins no more work of a line, until it is resumed. On the loop.
  func pause(_ line: WorkQueue) { tasks.pause(line) }

  func resume(_ line: WorkQueue) {
    tasks.resume(line)
    scheduleDrain()
  }

  /// Tells `target` when this turn has run what it had to run, before it is flushed. On the loop.
  public func atTurnEnd(_ target: any TurnEndTarget) {
    turnEnds.append(target)
    scheduleDrain()
  }

  /// Called by each connection at its beginning and its end: as long as there is one, a few idle tasks are kept.
  func connectionOpened() { tasks.addUser() }

  func connectionClosed() {
    tasks.removeUser()
    if tasks.hasUsers { return }
    scratch = ByteBuffer()
    plaintext = ByteBuffer()
    buffers.removeAll()
  }

  /// Called by each connection for each of its streams.
  func streamOpened() {
    if crowd.open() { watchCrowd() }
  }

  func streamClosed() { crowd.close() }

  private func watchCrowd() {
    _ = schedule(in: .seconds(1)) { [self] in
      switch crowd.look() {
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
    flushes.append(connection)
    scheduleDrain()
  }

  /// Has `shakeHands` called in this turn, or in one of the next when others are before it.
  func lineUp(_ connection: TransportConnection) {
    handshakes.add(connection)
    scheduleDrain()
  }

  private func scheduleDrain() {
    if isDrainScheduled { return }
    isDrainScheduled = true
    loop.execute { self.drain() }
  }

  /// The loop's time when first asked in this turn, so at most as much too early as the turn is long. What was read from
  /// a socket was sent before it.
  public var now: NIODeadline {
    if let turnTime { return turnTime }
    let time = self.time
    turnTime = time
    scheduleDrain()  // whose end is the turn's
    return time
  }

  /// What deadlines count, as of this moment. May be asked on any thread.
  package var time: NIODeadline { movedTime?.now ?? loop.now }

  /// Whether a test moves the time that deadlines count.
  package var isTimeMoved: Bool { movedTime != nil }

  /// The time was moved. On the loop.
  func timeHasMoved() {
    forgetTime()
    timers.timeHasMoved()
  }

  /// What follows may have happened after the turn's time was taken.
  func forgetTime() { turnTime = nil }

  private func drain() {
    forgetTime()
    buffers.serve { runTurn() }
    forgetTime()
  }

  private func runTurn() {
    let end = NIODeadline.now() + maxTurn
    tasks.beginTurn()
    work(until: end)
    if !handshakes.isEmpty { shakeHands() }
    flushConnections()
    while hasWork && NIODeadline.now() < end {
      work(until: end)
      flushConnections()
    }
    isDrainScheduled = hasWork || !handshakes.isEmpty
    if isDrainScheduled { loop.assumeIsolated().scheduleTask(in: Self.pause) { self.drain() } }
  }

  private func work(until end: NIODeadline) {
    catchUp()
    if timers.areDue { timers.fire() }
    runJobs(until: end)
    tellTurnEnd()
  }

  private func shakeHands() {
    let end = NIODeadline.now() + handshakeTime
    repeat {
      guard let connection = handshakes.next() else { return }
      connection.shakeHands()
    } while NIODeadline.now() < end
  }

  private var hasWork: Bool {
    !jobs.isEmpty || tasks.hasWork || !flushes.isEmpty || !handedOver.isEmpty || !turnEnds.isEmpty || timers.areDue
  }

  private func runJobs(until end: NIODeadline) {
    // Calls that begin do not wait for all that goes on: 18,000 handlers that were cancelled together took 250 ms.
    if tasks.hasWork, !jobs.isEmpty { beginWork() }
    var next = 0
    while next < jobs.count || tasks.hasWork {
      let startsWork = next == jobs.count
      if startsWork, tasks.wake(on: self) == .waits { break }  // its job comes
      let job = jobs[next]
      next += 1
      job.runSynchronously(on: asUnownedTaskExecutor())
      tasks.end(job)
      if startsWork || next.isMultiple(of: Self.jobsPerLook), NIODeadline.now() >= end { break }
    }
    if next == jobs.count { jobs.removeAll(keepingCapacity: true) } else { jobs.removeFirst(next) }
  }

  /// Runs the job that takes work next, although others came before it.
  private func beginWork() {
    let count = jobs.count
    let onWake = tasks.wake(on: self)
    runLastJob(after: count)
    if onWake == .makesTask { runLastJob(after: count) }
  }

  private func runLastJob(after count: Int) {
    guard jobs.count == count + 1, let job = jobs.popLast() else { return }
    job.runSynchronously(on: asUnownedTaskExecutor())
    tasks.end(job)
  }

  private func tellTurnEnd() {
    if turnEnds.isEmpty { return }
    let targets = turnEnds
    turnEnds = []
    for target in targets { target.turnEnds() }
  }

  private func flushConnections() {
    var next = 0
    while next < flushes.count {  // a flush may add another connection
      flushes[next].flush()
      next += 1
    }
    flushes.removeAll(keepingCapacity: true)
  }
}

/// What acts at the end of a loop's turn.
public protocol TurnEndTarget: AnyObject {
  /// Called once for each `LoopExecutor.atTurnEnd`, on the loop.
  func turnEnds()
}
