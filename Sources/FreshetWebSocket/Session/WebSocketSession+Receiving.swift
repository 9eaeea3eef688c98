// How a session turns received bytes into events.
import FreshetHTTP
package import NIOCore

extension WebSocketSession {
  /// Whether messages are delivered as their bytes arrive, whatever their size. Switched on, it applies to the message
  /// that is arriving as well; switched off, from the next one on.
  package var deliversParts: Bool {
    get { assembler.deliversParts }
    set {
      assembler.deliversParts = newValue
      if newValue { deliverPart() }
    }
  }

  /// Whether the carrier should read more.
  package var isReadWanted: Bool { mayTakeMessages && held.readableBytes == 0 }

  /// Takes bytes from the connection.
  package mutating func receive(_ bytes: UnsafeRawBufferPointer, now: NIODeadline) {
    self.now = now
    guard closeState.isReceiving else { return }
    if held.readableBytes > 0 {
      held.writeBytes(bytes)
      return processHeld()
    }
    let rest = process(bytes)
    if !rest.isEmpty, closeState.isReceiving { held.writeBytes(rest) }
  }

  /// The connection has ended: a FIN, a reset, or the stream's end.
  package mutating func receiveEnd() {
    if held.readableBytes > 0 {
      isEndHeld = true
      return
    }
    let error = WebSocketError(.lost, code: .abnormal, "the connection ended without a close")
    if case .deliver(let error) = closeState.receiveEnd(error) { deliver(error) }
  }

  /// A message or part was read: there is room for others.
  package mutating func giveBack(_ payload: ByteBuffer) { giveBack(messages: 1, bytes: payload.readableBytes) }

  /// Likewise for several, with as many bytes in all.
  package mutating func giveBack(messages count: Int, bytes: Int) {
    unreadBytes &-= bytes &+ count &* Self.messageOverhead
    if held.readableBytes > 0 { processHeld() }
  }

  /// Fewer bytes wait at the carrier: there is room for other messages.
  package mutating func resume() {
    if held.readableBytes > 0 { processHeld() }
  }

  /// How many received bytes wait until messages were read.
  package var heldBytes: Int { held.readableBytes }

  /// How many bytes there are of a message that is not complete.
  package var partialBytes: Int { assembler.partialBytes }

  /// The next event, in the order of what was received.
  package mutating func next() -> WebSocketEvent? {
    switch events.popFirst() {
    case nil:
      assembler.releaseMemory()
      return nil
    case .message(let kind, let assembled): return .message(kind, assembler.buffer(assembled))
    case .part(let kind, let assembled, let isLast): return .part(kind, assembler.buffer(assembled), isLast: isLast)
    case .event(let event): return event
    }
  }

  // MARK: Frames

  mutating func processHeld() {
    var bytes = ByteBuffer()
    swap(&bytes, &held)
    bytes.readWithUnsafeReadableBytes { $0.count - process($0).count }
    if bytes.readableBytes > 0, closeState.isReceiving {
      // What is never quite empty would grow.
      if bytes.readerIndex > bytes.readableBytes { bytes.discardReadBytes() }
      held = bytes
    }
    if isEndHeld, held.readableBytes == 0 {
      isEndHeld = false
      receiveEnd()
    }
  }

  /// Parses until the input is used up or too much is unread.
  /// - Returns: what is left.
  private mutating func process(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    if events.isEmpty { assembler.reuseMemory() }
    var input = bytes
    do throws(WebSocketError) {
      while closeState.isReceiving, mayProcess, let event = try parser.next(&input, maxBytes: mostPayload) {
        switch event {
        case .head(let head): try beginFrame(head, available: input.count)
        case .payload(let bytes, let key): try receivePayload(bytes, key)
        case .end: try endFrame()
        }
      }
    } catch {
      if case .deliver(let error) = closeState.fail(error) { deliver(error) }
    }
    return input
  }

  /// After this side's close, messages are dropped.
  private var mayTakeMessages: Bool {
    if case .closing = closeState { true } else { unreadBytes &+ carrierUnreadBytes < limits.maxUnreadBytes }
  }

  /// Too much unread stops between frames, and in the payload of those that are delivered in parts.
  private var mayProcess: Bool {
    mayTakeMessages || !parser.isAtBorder && !(assembler.isInParts && parser.isInPayload)
  }

  /// Bytes of a frame that become one part: decompressed, a KiB may become a MiB.
  private var mostPayload: Int { !assembler.isInParts ? .max : deflate == nil ? 16 << 10 : 1 << 10 }

  private mutating func beginFrame(_ head: FrameHead, available: Int) throws(WebSocketError) {
    frame = head
    if head.opcode.isControl {
      control.removeAll(keepingCapacity: true)
      if head.opcode == .close { return }
      controlFrames &+= 1
      return try countBurden()
    }
    if isDropping { return }
    if head.payloadBytes == 0 {
      emptyFrames &+= 1
      try countBurden()
    } else {
      budget.earn(1)
    }
    try assembler.beginFrame(head, available: available)
  }

  private mutating func receivePayload(_ bytes: UnsafeRawBufferPointer, _ key: MaskKey?) throws(WebSocketError) {
    if frame?.opcode.isControl == true {
      let start = control.count
      control.append(contentsOf: bytes)
      if let key { control.withUnsafeMutableBytes { Masking.apply(key, to: .init(rebasing: $0[start...])) } }
      return
    }
    if isDropping { return }
    try assembler.append(bytes, key: key)
    // The end of a message makes its last bytes the last part.
    let isWhole = frame?.isFinal == true && !parser.isInPayload
    if assembler.isInParts, !isWhole { deliverPart() }
  }

  private mutating func endFrame() throws(WebSocketError) {
    guard let head = frame.take() else { return }
    switch head.opcode {
    case .text, .binary, .continuation: if head.isFinal, !isDropping { try endMessage() }
    case .ping: receivePing()
    case .pong: events.append(.event(.pong(ByteBuffer(bytes: control))))
    case .close: try receiveClose()
    }
  }

  private mutating func endMessage() throws(WebSocketError) {
    let isPart = assembler.isInParts
    let (kind, assembled) = try assembler.endMessage()
    unreadBytes &+= assembled.byteCount &+ Self.messageOverhead
    events.append(isPart ? .part(kind, assembled, isLast: true) : .message(kind, assembled))
  }

  private mutating func deliverPart() {
    guard let (kind, assembled) = assembler.takePart() else { return }
    unreadBytes &+= assembled.byteCount &+ Self.messageOverhead
    events.append(.part(kind, assembled, isLast: false))
  }

  private mutating func receivePing() {
    events.append(.event(.ping))
    if queue.hasBegunClose { return }
    queue.appendPong(makeFrame(.pong, ByteBuffer(bytes: control)))
  }

  private mutating func receiveClose() throws(WebSocketError) {
    let close = try control.withUnsafeBufferPointer { bytes throws(WebSocketError) in
      try CloseFrame(payload: UnsafeRawBufferPointer(bytes))
    }
    switch closeState.receiveClose(close) {
    case .deliver, .conclude:
      events.append(.event(.closed(close)))
      stopReceiving()
    case .ignore: break
    }
  }

  private mutating func deliver(_ error: WebSocketError) {
    events.append(.event(.failed(error)))
    stopReceiving()
  }

  /// The unfinished message is gone (W72).
  private mutating func stopReceiving() {
    assembler.removeAll()
    frame = nil
    isEndHeld = false
  }

  private var isDropping: Bool {
    if case .closing = closeState { true } else { false }
  }

  /// A frame that carries nothing.
  private mutating func countBurden() throws(WebSocketError) {
    if budget.take(1, now: now) { return }
    throw WebSocketError(
      .flood, code: .policyViolation,
      "the peer sent too many frames that carry nothing: \(controlFrames) pings and pongs, \(emptyFrames) empty ones "
        + "(frameBurst)")
  }
}
