// A stream's inbound side: complete messages, their waiting readers, and the returned window.
public import FreshetCore
import FreshetHTTP
import NIOCore
import Synchronization

extension TransportStream {
  /// The maximum number of messages per hop to the loop.
  private static let maxBatchCount = 256

  /// The peer is done: after the buffered messages the reader gets `error`, or the end.
  public func endInbound(throwing error: RPCError?) {
    assert(executor.isCurrent)
    loopState.inbound.finish(throwing: error)
    wakeReader()
  }

  /// The peer's END_STREAM, which is being received, is premature: after the buffered messages the reader gets `error`.
  public func spoilEnd(throwing error: RPCError) { loopState.inbound.spoilEnd(error) }

  /// Looks for a complete message, and returns its bytes to the peer's window.
  public func poll() -> InboundPoll {
    assert(executor.isCurrent)
    let bufferedBytes = loopState.inbound.bufferedBytes
    let found = loopState.inbound.poll()
    let bytesLeft = loopState.inbound.bufferedBytes
    if bytesLeft != bufferedBytes {
      noteInbound(bytesLeft - bufferedBytes)
      if loopState.framing == nil { giveBack(unreadBytes - bytesLeft) } else { resumeForm() }
    }
    return found
  }

  /// Messages were read: the form may give out others.
  @inline(never)
  private func resumeForm() {
    guard let form = duplexForm else { return giveBack(unreadBytes - loopState.inbound.bufferedBytes) }
    if form.heldBytes > 0 { takeMore(from: form) }
    giveBack(unreadBytes - loopState.inbound.bufferedBytes - form.heldBytes - form.partialBytes)
  }

  /// This many delivered bytes are kept for later: they count until `releaseHeld`.
  public func hold(_ byteCount: Int) {
    assert(executor.isCurrent)
    loopState.heldBytes += byteCount
    noteInbound(byteCount)
  }

  public func releaseHeld() {
    if loopState.heldBytes == 0 { return }
    noteInbound(-loopState.heldBytes)
    loopState.heldBytes = 0
  }

  /// Whether there are bytes that `poll` has not delivered.
  public var hasUnreadBytes: Bool { loopState.inbound.bufferedBytes > 0 }

  /// How many bytes of messages `poll` has not delivered.
  package var bufferedBytes: Int { loopState.inbound.bufferedBytes }

  /// Returns the window of a partial message that is waited for, since the window may be smaller than the message.
  /// Bounded by the message's own limit.
  public func giveBackPartialMessage() {
    assert(executor.isCurrent)
    let heldBytes = heldBytesOfForm
    if heldBytes > 0, let form = duplexForm {
      takeMore(from: form)
      if form.heldBytes < heldBytes { return wakeReader() }
    }
    let bytes = unreadBytes - heldBytes
    if bytes == 0 { loopState.relay?.streamWantsMore() } else { giveBack(bytes) }
  }

  /// A small amount is kept until there is more: nghttp2 only tells the peer at half of the window anyway.
  private func giveBack(_ bytes: Int) {
    if bytes > loopState.keptWindowBytes { connection?.giveBack(bytes, to: self) }
    if loopState.framing != nil { tunnel?.noteRead() }
  }

  /// When everything was read: lets other streams reuse the memory, unless a message is kept.
  public func giveBackMemory() { buffers._withUnsafeGuaranteedRef { loopState.inbound.giveBackMemory(to: $0) } }

  /// The next message, if available: on the loop if it was received, elsewhere if it was fetched. After nil, `next`
  /// reports the rest, an end included.
  public func takeReady() -> MessageDeframer.Message? {
    if let message = fetched.take() { return message }
    guard executor.enter(), case .message(let message) = poll() else { return nil }
    return message
  }

  /// Waits for the next message. For a reader off the loop it also fetches the complete ones after it, so that many
  /// need one hop; all of them count as unread until the next hop.
  /// - Returns: nil after the last.
  /// - Throws: the error that ended the stream; `cancelled` if the task was cancelled while it waited.
  public func next() async throws(RPCError) -> MessageDeframer.Message? {
    if let message = fetched.take() { return message }
    let isOnLoop = executor.enter()
    if isOnLoop {
      switch poll() {
      case .message(let message): return message
      case .end: return nil
      case .failure(let error): throw error
      case .wait: break
      }
    }
    let batch = await waitForMessages(withRest: !isOnLoop)
    if !batch.rest.isEmpty, !fetched.keep(batch.rest) { return try await next() }  // throws the error
    return try Self.message(of: batch.first)
  }

  private static func message(of found: InboundPoll) throws(RPCError) -> MessageDeframer.Message? {
    switch found {
    case .message(let message): return message
    case .end: return nil
    case .failure(let error): throw error
    case .wait: preconditionFailure("a reader was resumed with nothing")
    }
  }

  @inline(__always)  // saves a frame
  private func waitForMessages(withRest: Bool) async -> InboundBatch {
    if executor.isShutDown { return .failure(.loopIsShutDown) }
    let id = waitIDs.add(1, ordering: .relaxed).newValue
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        if executor.enter() { return read(id, continuation, withRest: withRest) }
        let wait = ReadWait(id, continuation, withRest: withRest, on: self)
        if !seat.sit(wait) { executor.run(wait) }
      }
    } onCancel: {
      executor.runSoon {
        self.callReaderHere()
        self.loopState.reader.cancel(id)?.resume(returning: .failure(.cancelledWhileReading))
      }
    }
  }

  /// A reader off the loop asks.
  func read(_ wait: ReadWait) { read(wait.id, wait.continuation, withRest: wait.withRest) }

  private func read(_ id: UInt64, _ continuation: WaitSlot<InboundBatch>.Continuation, withRest: Bool) {
    callReaderHere()
    let found = poll()
    if case .wait = found {
      if wait(id, continuation, withRest: withRest) { giveBackPartialMessage() }
    } else {
      hand(found, to: continuation, withRest: withRest)
    }
  }

  private func wait(_ id: UInt64, _ continuation: WaitSlot<InboundBatch>.Continuation, withRest: Bool) -> Bool {
    switch loopState.reader.wait(id, continuation) {
    case .waiting:
      loopState.readerWantsRest = withRest
      return true
    case .cancelled: continuation.resume(returning: .failure(.cancelledWhileReading))
    case .occupied: continuation.resume(returning: .failure(.twoTasks("read")))
    }
    return false
  }

  /// From here on a reader off the loop asks the loop, and one that waits in its seat waits here.
  func callReaderHere() {
    if let wait = seat.lock() { _ = self.wait(wait.id, wait.continuation, withRest: wait.withRest) }
  }

  /// Whether a reader off the loop may wait without asking it; for tests.
  var hasFreeSeat: Bool { seat.isFree }

  /// A reader that leaves nothing to be read or returned may wait in its seat next; a relay must know that it waits.
  private func hand(_ found: InboundPoll, to continuation: WaitSlot<InboundBatch>.Continuation, withRest: Bool) {
    let batch = batch(found, withRest: withRest)
    let hasAll = unreadBytes <= loopState.keptWindowBytes && loopState.inbound.isEmptyAndOpen
    if withRest, hasAll, loopState.relay == nil, heldBytesOfForm == 0 { seat.unlock() }
    continuation.resume(returning: batch)
  }

  private func batch(_ first: InboundPoll, withRest: Bool) -> InboundBatch {
    var batch = InboundBatch(first: first)
    guard withRest, case .message = first else { return batch }
    let bufferedBytes = loopState.inbound.bufferedBytes
    while batch.rest.count < Self.maxBatchCount, let message = loopState.inbound.nextReady() {
      batch.rest.append(message)
    }
    noteInbound(loopState.inbound.bufferedBytes - bufferedBytes)
    return batch
  }

  /// Resumes a waiting reader if there is a complete message or an end.
  func wakeReader() {
    assert(executor.isCurrent)
    callReaderHere()
    guard loopState.reader.isWaiting else { return }
    let found = poll()
    if case .wait = found { return giveBackPartialMessage() }
    if let continuation = loopState.reader.wake() { hand(found, to: continuation, withRest: loopState.readerWantsRest) }
  }
}
