// An attempt on another loop than its call's.
import FreshetCore
import FreshetHTTP
import FreshetTransport
import NIOCore

/// Has a stream of its own on the loop of the picked subchannel, and relays between it and the call's stream, which the
/// caller uses: outgoing bytes in order and while there is room; incoming messages on demand; the head and the end.
///
/// Back-pressure holds: messages are read from the far stream, and so returned to the server's window, when the call's
/// reader has read everything forwarded before and waits. The end forwards the remaining messages, which are already
/// within a window.
// SAFETY: `near` belongs to the call's loop, `far` and the state of `CallAttempt` to the subchannel's. Each loop
// submits work to the other; a loop runs what another submits in order.
final class RelayedAttempt: CallAttempt, StreamRelay, @unchecked Sendable {
  private let call: ClientCall
  private let connection: SubchannelConnection
  private let picker: UInt64
  private let head: RequestHead
  private let nearLoop: LoopExecutor
  @exclusivity(unchecked) private var near = Near()
  @exclusivity(unchecked) private var far = Far()

  private struct Near {
    /// Kept until the request is sent, since nothing of it was sent before.
    var firstOutput: ByteBuffer?
    var isOpened = false
    /// Output is in transit, or waits for room on the far stream.
    var isSending = false
    var isLastSent = false
    /// Messages were requested from the far loop.
    var isAsking = false
    var isOver = false
  }

  private struct Far {
    /// Messages were requested.
    var isAsked = false
    /// Waits for room.
    var sender: Task<Void, Never>?
  }

  /// The size of a batch, unless one message is larger.
  private static let maxBatchBytes = 64 * 1024

  /// - Parameter picker: the number of the picker that chose the connection.
  init(_ call: ClientCall, on connection: SubchannelConnection, pickedBy picker: UInt64) {
    self.call = call
    self.connection = connection
    self.picker = picker
    head = call.head
    nearLoop = call.stream.executor
    let stream = TransportStream(executor: connection.executor, maxMessageBytes: call.maxReceiveMessageBytes)
    super.init(stream, method: call.method, call.compressions)
  }

  private var farLoop: LoopExecutor { stream.executor }

  // MARK: On the call's loop

  func begin() {
    assert(nearLoop.isCurrent)
    if farLoop.isShutDown { return call.pickedInVain(by: picker) }
    let output = call.stream.takeOutput()
    near.firstOutput = output?.bytes
    near.isLastSent = output?.isLast ?? false
    near.isSending = true
    call.stream.begin(self, for: call)
    farLoop.run { [self] in
      if let output { queue(output.bytes, isLast: output.isLast) }
      if !connection.take(self) { attemptLostSubchannel() }
    }
  }

  func streamHasOutput() {
    assert(nearLoop.isCurrent)
    if near.isOver || near.isSending || near.isLastSent { return }
    guard let (bytes, isLast) = call.stream.takeOutput() else { return }
    near.isSending = true
    near.isLastSent = isLast
    farLoop.run { [self] in
      queue(bytes, isLast: isLast)
      tellOfRoom()
    }
  }

  private func thereIsRoom() {
    near.isSending = false
    streamHasOutput()
  }

  func streamWantsMore() {
    assert(nearLoop.isCurrent)
    if near.isOver || near.isAsking { return }
    near.isAsking = true
    farLoop.run { [self] in
      far.isAsked = true
      attemptReceivedData()
    }
  }

  func streamWasReset(_ code: ErrorCode) {
    assert(nearLoop.isCurrent)
    guard leaveStream() else { return }
    farLoop.run { [self] in
      connection.forget(self)
      _ = attempt.state.end()
      far.sender?.cancel()
      stream.reset(code, error: .callHasEnded)
    }
  }

  /// - Returns: whether the relay was not over before.
  private func leaveStream() -> Bool {
    if near.isOver { return false }
    near.isOver = true
    near.firstOutput = nil
    call.stream.endRelay()
    return true
  }

  private func opened(to peer: String) {
    if near.isOver { return }
    near.isOpened = true
    near.firstOutput = nil
    call.attemptOpened(to: peer)
  }

  private func lostSubchannel() {
    let output = near.firstOutput
    guard leaveStream() else { return }
    if let output { call.stream.putBack(output) }
    call.pickedInVain(by: picker)
  }

  private func bring(_ messages: [MessageDeframer.Message], error: RPCError?) {
    if near.isOver { return }
    near.isAsking = false
    for message in messages { call.stream.receive(relayed: message) }
    guard let error, !near.isOver else { return }
    call.stream.endInbound(throwing: error)
    call.attemptReceivedData()
  }

  private func receivedHead(_ metadata: Metadata, _ compression: Compression?) {
    if near.isOver { return }
    call.stream.commit()
    call.attemptReceivedHead(metadata, compression)
    call.attemptReceivedData()  // requests messages, if the call wants them
  }

  private func ended(_ end: AttemptEnd, _ messages: [MessageDeframer.Message], _ error: RPCError?) {
    bring(messages, error: nil)
    if near.isOver { return }
    if let error { call.stream.endInbound(throwing: error) }
    _ = leaveStream()
    if case .closed(let end, _, _) = end { call.stream.noteEnd(end) }
    call.attemptEnded(end)
  }

  // MARK: On the subchannel's loop

  private func queue(_ bytes: ByteBuffer, isLast: Bool) {
    // A failed stream has reported its error.
    if bytes.readableBytes > 0 { try? stream.enqueue(bytes) }
    if isLast { stream.finish() }
  }

  private func tellOfRoom() {
    if stream.hasRoomForOutput { return nearLoop.run { [self] in thereIsRoom() } }
    far.sender = Task(executorPreference: farLoop) { [self] in
      do { try await stream.waitForRoom() } catch { return }  // its end is reported separately
      nearLoop.run { [self] in thereIsRoom() }
    }
  }

  override func requestHead() throws(RPCError) -> HeaderFields {
    if let wire = head.channel.wire { return try requestHead(head, in: wire) }
    return try head.fields(on: farLoop)
  }

  override func attemptOpened(to peer: @autoclosure () -> String) {
    nearLoop.run { [self, peer = peer()] in opened(to: peer) }
    tellOfRoom()
  }

  override func attemptLostSubchannel() {
    _ = attempt.state.end()
    nearLoop.run { [self] in lostSubchannel() }
  }

  override func attemptReceivedHead(_ metadata: Metadata, _ compression: Compression?) {
    nearLoop.run { [self] in receivedHead(metadata, compression) }
  }

  override func attemptReceivedData() {
    guard far.isAsked, attempt.state != .ended else { return }
    let (messages, error) = messages(maxBytes: Self.maxBatchBytes)
    if messages.isEmpty, error == nil { return stream.giveBackPartialMessage() }
    far.isAsked = false
    nearLoop.run { [self] in bring(messages, error: error) }
  }

  override func attemptEnded(_ end: AttemptEnd) {
    _ = attempt.state.end()
    far.sender?.cancel()
    var messages: [MessageDeframer.Message] = [], error: RPCError?
    switch end {
    case .status(let failure, _):
      stream.endInbound(throwing: failure)
      (messages, error) = self.messages(maxBytes: .max)
    case .cut(let failure):
      stream.spoilEnd(throwing: failure)
      (messages, error) = self.messages(maxBytes: .max)
    case .failed(let failure, let code): stream.reset(code, error: failure)
    case .closed: break
    }
    nearLoop.run { [self, messages, error] in ended(end, messages, error) }
  }

  override func refuseMessage(_ error: RPCError) { attemptEnded(.failed(error, .cancel)) }

  private func messages(maxBytes: Int) -> ([MessageDeframer.Message], RPCError?) {
    var messages: [MessageDeframer.Message] = [], byteCount = 0
    while byteCount < maxBytes {
      switch stream.poll() {
      case .message(let message):
        byteCount += MessageFramer.prefixBytes + message.payload.readableBytes
        messages.append(message)
      case .failure(let error): return (messages, error)
      case .wait, .end: return (messages, nil)
      }
    }
    return (messages, nil)
  }
}
