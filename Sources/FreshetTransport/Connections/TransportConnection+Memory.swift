// A connection's part for the memory of its messages: what it holds, and what happens when that is too much.
import NIOCore

extension TransportConnection {
  /// What a connection holds, and has told its `MemoryBudget`.
  struct Memory {
    /// Bytes that came and were not read.
    var inboundBytes = 0
    /// Bytes that wait to be sent.
    var outboundBytes = 0
    /// Bytes that wait on streams whose side has ended.
    var endedBytes = 0
    fileprivate var reportedBytes = 0
    /// Whether no more calls are begun.
    fileprivate var pausesWork = false
    /// Set while the socket is not read.
    fileprivate var readTimer: Scheduled<Void>?

    fileprivate var heldBytes: Int { inboundBytes + outboundBytes }
  }

  /// Called where what is held may have changed much: after a read and a flush, and, as long as what was reported is much,
  /// with each message that goes.
  func reportMemory() {
    let held = memory.heldBytes, change = held - memory.reportedBytes
    if change.magnitude < configuration.memoryBudget.leastReportBytes, held > 0 || change == 0 { return }
    if memory.reportedBytes == 0 { configuration.memoryBudget.reportUser(1) }
    if held == 0 { configuration.memoryBudget.reportUser(-1) }
    memory.reportedBytes = held
    configuration.memoryBudget.report(change)
    if change > 0 { pauseReadingIfStrained() }
  }

  /// Bytes came, or were read.
  func addInbound(_ bytes: Int) {
    memory.inboundBytes += bytes
    if bytes < 0, memory.reportedBytes != 0 { reportMemory() }
  }

  /// Bytes were queued, or have left.
  func addOutbound(_ bytes: Int) {
    memory.outboundBytes += bytes
    if bytes < 0, memory.reportedBytes != 0 { reportMemory() }
  }

  /// The connection is closed: its streams hold nothing any more.
  func forgetMemory() {
    memory.readTimer?.cancel()
    memory.readTimer = nil
    memory.inboundBytes = 0
    memory.outboundBytes = 0
    memory.endedBytes = 0
    reportMemory()
    if memory.pausesWork { resumeWork() }  // calls that wait in line have ended, and go
  }

  /// Bytes of a stream whose side has ended wait to be sent, or have left. Such streams are over for this side, so nothing
  /// makes their senders wait; a peer that takes none of them gets no new ones.
  func addEnded(_ bytes: Int) {
    memory.endedBytes += bytes
    if memory.endedBytes > configuration.maxUnsentAnswerBytes || memory.pausesWork { endedBytesHaveChanged() }
  }

  @inline(never)
  private func endedBytesHaveChanged() {
    if memory.pausesWork, memory.endedBytes > configuration.maxUnsentAnswerBytes / 2 { return }
    if memory.pausesWork { return resumeWork() }
    memory.pausesWork = true
    executor.pause(work)
    delegate?.connectionPauses(self)
  }

  /// Not at once, since bytes leave while the session makes its output, and windows may be given back now.
  private func resumeWork() {
    memory.pausesWork = false
    executor.atTurnEnd(WorkResume(self))
  }

  private final class WorkResume: TurnEndTarget {
    private let connection: TransportConnection
    init(_ connection: TransportConnection) { self.connection = connection }
    func turnEnds() { connection.workResumes() }
  }

  private func workResumes() {
    if memory.pausesWork { return }
    executor.resume(work)
    delegate?.connectionResumes(self)
  }

  /// Reading would bring more of what is too much already. What only waits to be sent is no reason: the peer's window updates
  /// have to be read for that to leave.
  private func pauseReadingIfStrained() {
    guard memory.readTimer == nil, let context, configuration.memoryBudget.holdsBack(memory.inboundBytes) else {
      return
    }
    try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    watchMemory()
  }

  private func watchMemory() {
    memory.readTimer = executor.schedule(in: .milliseconds(50)) { [self] in
      memory.readTimer = nil
      if configuration.memoryBudget.holdsBack(memory.inboundBytes) { return watchMemory() }
      try? context?.channel.syncOptions?.setOption(.autoRead, value: true)
    }
  }
}
