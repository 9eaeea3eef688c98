// A stream's outbound side: messages from any thread, and the tasks that wait for room.
public import FreshetCore
public import NIOCore
import Synchronization

extension TransportStream {
  /// Queues a framed message without waiting.
  /// - Throws: the error that ended the stream's outbound side.
  // Consumed on the whole way, so that a form which frames in the message's own memory need not copy it.
  public func enqueue(_ frame: consuming ByteBuffer) throws(RPCError) {
    assert(executor.isCurrent)
    switch outbound.end {
    case .open: break
    case .failed(let error, _): throw error
    case .finished: throw .sentAfterEnd
    }
    if loopState.framing != nil, let form = duplexForm { frame = try form.frame(frame) }
    let wasEmpty = outbound.queue.isEmpty, byteCount = frame.readableBytes
    loopState.replay.append(frame)
    outbound.queue.append(frame)
    noteOutbound(byteCount)
    if wasEmpty { resumeOutput() }
  }

  /// Queues a framed message and suspends while the queue exceeds its bound, which it does while the peer's window is
  /// closed or the socket is full.
  /// - Throws: the error that ended the stream's outbound side; `cancelled` if the task was cancelled while it waited.
  public func send(_ frame: ByteBuffer) async throws(RPCError) {
    if executor.enter() {
      if loopState.sender.isWaiting { throw .twoTasks("send") }
      try enqueue(frame)
      if hasRoom { return }
      try await waitForRoom { _ in .success(()) }
    } else if !putFromElsewhere(frame) {
      try await waitForRoom()
    }
  }

  /// Queues a framed message, even if there is no room: now, or soon if the caller is off the loop.
  /// - Returns: whether the next may be queued before `waitForRoom`, which also reports whether this one could be. Off
  ///   the loop a message without room is held until then: one job for the loop instead of two. A caller that does not
  ///   wait calls `handOverHeld`.
  /// - Throws: the error that ended the stream's outbound side.
  public func put(_ frame: consuming ByteBuffer) throws(RPCError) -> Bool {
    guard executor.enter() else { return putFromElsewhere(frame) }
    return try putOnLoop(frame)
  }

  /// Like `put`, for a caller that has entered the loop.
  public func putOnLoop(_ frame: consuming ByteBuffer) throws(RPCError) -> Bool {
    try enqueue(frame)
    return hasRoom
  }

  /// Like `put`, for a caller off the loop. A sender without room comes to the loop to wait, and learns there if the
  /// stream is over.
  /// - Parameter first: work to be done before, in the same job.
  package func putFromElsewhere(_ frame: consuming ByteBuffer, behind first: (@Sendable () -> Void)? = nil) -> Bool {
    handOverHeld()
    let underWay = bytesUnderWay.add(frame.readableBytes, ordering: .relaxed).newValue
    let job = FrameJob(frame, behind: first)
    if underWay + queuedBytes.load(ordering: .relaxed) <= Self.maxQueuedBytes {
      handOver(job)
      return true
    }
    if let other = held.swap(job) { handOver(other) }  // of another task, which sends concurrently
    return false
  }

  /// Submits a frame held for a `waitForRoom` that does not come.
  package func handOverHeld() {
    if let job = held.take() { handOver(job) }
  }

  private func handOver(_ job: FrameJob) {
    job.stream = self
    executor.run(job)
  }

  /// The frame comes from another thread.
  func take(_ frame: consuming ByteBuffer) {
    bytesUnderWay.subtract(frame.readableBytes, ordering: .relaxed)
    do throws(RPCError) {
      try enqueue(frame)
    } catch {
      if loopState.refusal == nil { loopState.refusal = error }
      if loopState.isFinished { loopState.call?.refuseMessage(error) }
    }
  }

  /// Why a message after this side's end was not queued; for a call that only begins now and was not notified.
  public var refusalBehindEnd: RPCError? { loopState.isFinished ? loopState.refusal : nil }

  /// Suspends while the queue exceeds its bound.
  /// - Throws: as for `send`.
  public func waitForRoom() async throws(RPCError) {
    try await waitForRoom { stream in
      if let error = stream.loopState.refusal { return .failure(error) }
      switch stream.outbound.end {
      case .failed(let error, _): return .failure(error)
      case .open, .finished: return .success(())
      }
    }
  }

  func tellElsewhere() {
    if case .open = outbound.end {
      queuedBytes.store(outbound.withheldBytes == 0 ? outbound.queue.byteCount : .max / 2, ordering: .relaxed)
    } else {
      queuedBytes.store(.max / 2, ordering: .relaxed)
    }
  }

  var hasRoom: Bool { outbound.queue.byteCount <= Self.maxQueuedBytes && outbound.withheldBytes == 0 }

  /// Whether senders that wait may go on.
  var hasRoomAgain: Bool { outbound.queue.byteCount <= Self.maxQueuedBytes / 2 && outbound.withheldBytes == 0 }

  /// How many bytes are queued, or on their way to the queue.
  package var unsentBytes: Int { queuedBytes.load(ordering: .relaxed) + bytesUnderWay.load(ordering: .relaxed) }

  /// Does `first` on the loop, and resumes if it failed or when there is room again.
  private func waitForRoom(
    after first: @escaping @Sendable (TransportStream) -> Result<Void, RPCError>
  ) async throws(RPCError) {
    if executor.isShutDown { throw .loopIsShutDown }
    let id = waitIDs.add(1, ordering: .relaxed).newValue
    let held = self.held.take()
    held?.stream = self
    let result = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        executor.run {
          held?.run()
          let result = first(self)
          if case .failure = result { return continuation.resume(returning: result) }
          if self.hasRoom { return continuation.resume(returning: result) }
          switch self.loopState.sender.wait(id, continuation) {
          case .waiting: break
          case .cancelled: continuation.resume(returning: .failure(.cancelledWhileSending))
          case .occupied: continuation.resume(returning: .failure(.twoTasks("send")))
          }
        }
      }
    } onCancel: {
      executor.runSoon { self.loopState.sender.cancel(id)?.resume(returning: .failure(.cancelledWhileSending)) }
    }
    try result.get()
  }
}

/// A frame on its way to its stream's loop.
// SAFETY: `stream` is written once, before the job is submitted; `frame` is only used by the job, which runs once; the
// rest is immutable.
final class FrameJob: LoopJob, @unchecked Sendable {
  /// Taken out when the job runs.
  @exclusivity(unchecked) private var frame: ByteBuffer
  private let first: (@Sendable () -> Void)?
  /// nil while the stream holds the job: a reference cycle otherwise.
  @exclusivity(unchecked) fileprivate var stream: TransportStream?

  init(_ frame: consuming ByteBuffer, behind first: (@Sendable () -> Void)?) {
    self.frame = frame
    self.first = first
  }

  override func run() {
    first?()
    var taken = ByteBuffer()
    swap(&taken, &frame)
    stream?.take(taken)
  }
}

/// A frame without room, taken along by the wait for room.
struct HeldFrame: ~Copyable {
  private let job = Atomic<Unmanaged<FrameJob>?>(nil)

  deinit { _ = take() }

  func take() -> FrameJob? {
    if job.load(ordering: .relaxed) == nil { return nil }
    return job.exchange(nil, ordering: .acquiringAndReleasing)?.takeRetainedValue()
  }

  /// - Returns: what was held before.
  func swap(_ new: FrameJob) -> FrameJob? {
    job.exchange(.passRetained(new), ordering: .acquiringAndReleasing)?.takeRetainedValue()
  }
}
