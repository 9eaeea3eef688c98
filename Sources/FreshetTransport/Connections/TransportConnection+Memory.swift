// A connection's accounting of its messages' memory, and what happens when it is too much.
import NIOCore

extension TransportConnection {
  /// What a connection holds, and has reported to its `MemoryBudget`.
  struct Memory {
    /// Received, unread bytes.
    var inboundBytes = 0
    /// Bytes waiting to be sent.
    var outboundBytes = 0
    /// Bytes waiting on streams whose side has ended.
    var endedBytes = 0
    fileprivate var reportedBytes = 0
    /// Whether no more calls are started.
    fileprivate var pausesWork = false
    /// Set while the socket is not being read.
    fileprivate var readTimer: Scheduled<Void>?

    fileprivate var heldBytes: Int { inboundBytes + outboundBytes }
  }

  /// Called when the total may have changed much: after a read and a flush, and, as long as the reported amount is
  /// large, with each message that is consumed.
  func reportMemory() {
    assert(executor.isCurrent)
    let held = state.memory.heldBytes, change = held - state.memory.reportedBytes
    if change.magnitude < configuration.memoryBudget.leastReportBytes, held > 0 || change == 0 { return }
    if state.memory.reportedBytes == 0 { configuration.memoryBudget.reportUser(1) }
    if held == 0 { configuration.memoryBudget.reportUser(-1) }
    state.memory.reportedBytes = held
    configuration.memoryBudget.report(change)
    if change > 0 { pauseReadingIfStrained() }
  }

  /// Bytes were received, or were read.
  func addInbound(_ bytes: Int) {
    assert(executor.isCurrent)
    state.memory.inboundBytes += bytes
    if bytes < 0, state.memory.reportedBytes != 0 { reportMemory() }
  }

  /// Bytes were queued, or were sent.
  func addOutbound(_ bytes: Int) {
    assert(executor.isCurrent)
    state.memory.outboundBytes += bytes
    if bytes < 0, state.memory.reportedBytes != 0 { reportMemory() }
  }

  /// The connection is closed: its streams hold nothing any more.
  func forgetMemory() {
    state.memory.readTimer?.cancel()
    state.memory.readTimer = nil
    state.memory.inboundBytes = 0
    state.memory.outboundBytes = 0
    state.memory.endedBytes = 0
    reportMemory()
    if state.memory.pausesWork { resumeWork() }  // so that queued calls that have ended are removed
  }

  /// Bytes of a stream whose side has ended are waiting to be sent, or were sent. Such streams are over for this side,
  /// so no sender is held back; a peer that reads none of them gets no new ones.
  func addEnded(_ bytes: Int) {
    assert(executor.isCurrent)
    state.memory.endedBytes += bytes
    if state.memory.endedBytes > configuration.maxUnsentAnswerBytes || state.memory.pausesWork {
      endedBytesHaveChanged()
    }
  }

  @inline(never)
  private func endedBytesHaveChanged() {
    if state.memory.pausesWork, state.memory.endedBytes > configuration.maxUnsentAnswerBytes / 2 { return }
    if state.memory.pausesWork { return resumeWork() }
    state.memory.pausesWork = true
    executor.pause(work)
    state.delegate?.connectionPauses(self)
  }

  /// Not at once, since bytes are sent while the session produces its output, and windows may be returned now.
  private func resumeWork() {
    state.memory.pausesWork = false
    executor.atTurnEnd(WorkResume(self))
  }

  private final class WorkResume: TurnEndTarget {
    private let connection: TransportConnection
    init(_ connection: TransportConnection) { self.connection = connection }
    func turnEnds() { connection.workResumes() }
  }

  private func workResumes() {
    if state.memory.pausesWork { return }
    executor.resume(work)
    state.delegate?.connectionResumes(self)
  }

  /// Reading would add to what is already too much. Bytes waiting to be sent are no reason: sending them requires
  /// reading the peer's window updates.
  private func pauseReadingIfStrained() {
    guard state.memory.readTimer == nil, configuration.memoryBudget.holdsBack(state.memory.inboundBytes) else { return }
    pauseReading(true, for: .memory)
    watchMemory()
  }

  private func watchMemory() {
    state.memory.readTimer = executor.schedule(in: .milliseconds(50)) { [self] in
      state.memory.readTimer = nil
      if configuration.memoryBudget.holdsBack(state.memory.inboundBytes) { return watchMemory() }
      pauseReading(false, for: .memory)
    }
  }
}
