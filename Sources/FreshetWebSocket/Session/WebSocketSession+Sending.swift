// How a session turns messages into bytes.
import FreshetHTTP
package import NIOCore

extension WebSocketSession {
  /// A message that is sent in parts.
  struct Outgoing {
    let kind: WebSocketMessageKind
    let isCompressed: Bool
    /// Whether its first frame is queued.
    var isBegun = false
  }

  /// Whether there is output.
  package var hasOutput: Bool { !queue.isEmpty }

  /// The size of all output.
  package var outputBytes: Int { queue.byteCount }

  /// Queues a message. Its memory is not copied until it is written.
  /// - Parameter payload: UTF-8, if it is text.
  /// - Precondition: no message is being sent in parts.
  /// - Throws: `WebSocketError.Kind.closed` after this side's close.
  package mutating func send(_ payload: ByteBuffer, as kind: WebSocketMessageKind) throws(WebSocketError) {
    try checkSending()
    precondition(outgoing == nil, "a message is sent while another is being sent in parts")
    let isCompressed = deflater != nil && payload.readableBytes >= minimumDeflatedBytes
    let bytes = isCompressed ? try deflater?.compress(payload, isLast: true) ?? payload : payload
    append(kind.opcode, bytes, isCompressed: isCompressed)
  }

  /// Frames a message in its own memory, for a carrier that has a queue of its own. Output that is queued here precedes it.
  /// - Parameters:
  ///   - message: at least `HeadBytes.maxCount` bytes for the head, then the payload, which is UTF-8 if it is text.
  ///   - room: how many bytes there are for the head.
  /// - Precondition: no message is being sent in parts.
  /// - Throws: `WebSocketError.Kind.closed` after this side's close.
  package mutating func frame(
    _ message: consuming ByteBuffer, room: Int, as kind: WebSocketMessageKind
  ) throws(WebSocketError) -> ByteBuffer {
    let payloadBytes = message.readableBytes - room
    if !queue.isEmpty || deflater != nil && payloadBytes >= minimumDeflatedBytes {
      message.moveReaderIndex(forwardBy: room)
      try send(message, as: kind)
      var output = ByteBuffer()
      writeOutput(into: &output)
      return output
    }
    try checkSending()
    precondition(outgoing == nil, "a message is sent while another is being sent in parts")
    budget.earn(limits.framesPerSentFrame)
    let key = role == .client ? keys.next() : nil
    let head = HeadBytes(FrameHead(kind.opcode, payloadBytes: payloadBytes, key: key))
    message.moveReaderIndex(forwardBy: room - head.count)
    message.withUnsafeMutableReadableBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      head.copy(0..<head.count, to: start)
      if let key { Masking.apply(key, to: UnsafeMutableRawBufferPointer(rebasing: bytes[head.count...])) }
    }
    return message
  }

  /// Queues the next part of a message, as a frame of its own unless it is empty.
  /// - Parameter kind: the same for all parts.
  /// - Throws: `WebSocketError.Kind.closed` after this side's close.
  package mutating func sendPart(
    _ payload: ByteBuffer, as kind: WebSocketMessageKind, isLast: Bool
  ) throws(WebSocketError) {
    try checkSending()
    var message = outgoing ?? Outgoing(kind: kind, isCompressed: deflater != nil)
    precondition(message.kind == kind, "a part of a \(kind) message is sent in a \(message.kind) message")
    let bytes = message.isCompressed ? try deflater?.compress(payload, isLast: isLast) ?? payload : payload
    if isLast || bytes.readableBytes > 0 {
      append(
        message.isBegun ? .continuation : kind.opcode, bytes, isFinal: isLast,
        isCompressed: message.isCompressed && !message.isBegun)
      message.isBegun = true
    }
    outgoing = isLast ? nil : message
  }

  /// Queues a ping, which replaces one that is not written yet.
  /// - Precondition: at most 125 bytes.
  package mutating func ping(_ payload: ByteBuffer) throws(WebSocketError) {
    try checkSending()
    precondition(payload.readableBytes <= FrameHead.maxControlBytes, "a ping has at most 125 bytes")
    budget.earn(1)
    queue.setPing(makeFrame(.ping, payload))
  }

  /// Queues this side's close behind all messages: an answer with the peer's code, its fault, or else these. Does nothing
  /// the second time.
  /// - Parameter reason: what exceeds 123 bytes is cut off.
  /// - Precondition: the code may be sent (`CloseCode.isSendable`), or is `noStatus`.
  package mutating func close(_ code: CloseCode = .normal, reason: String = "") {
    guard let close = closeState.sendClose(CloseFrame(code, reason: reason)) else { return }
    outgoing = nil
    queue.appendClose(makeFrame(.close, close.payload))
    assembler.removeAll()
    if held.readableBytes > 0 { processHeld() }
  }

  /// Moves exactly `count` bytes of output to `memory`.
  /// - Precondition: there are as many.
  package mutating func writeOutput(_ count: Int, to memory: UnsafeMutableRawPointer) { queue.move(count, to: memory) }

  /// Appends output to the buffer, at most `maxBytes`.
  package mutating func writeOutput(into buffer: inout ByteBuffer, maxBytes: Int = .max) {
    let count = min(maxBytes, outputBytes)
    if count <= 0 { return }
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
      if let start = memory.baseAddress { queue.move(count, to: start) }
      return count
    }
  }

  func checkSending() throws(WebSocketError) {
    if closeState.isSending { return }
    throw WebSocketError(.closed, code: .abnormal, "nothing can be sent after the WebSocket was closed: \(closeState)")
  }

  private mutating func append(_ opcode: Opcode, _ payload: ByteBuffer, isFinal: Bool = true, isCompressed: Bool) {
    budget.earn(limits.framesPerSentFrame)
    queue.append(makeFrame(opcode, payload, isFinal: isFinal, isCompressed: isCompressed))
  }

  mutating func makeFrame(
    _ opcode: Opcode, _ payload: ByteBuffer, isFinal: Bool = true, isCompressed: Bool = false
  ) -> SendQueue.Frame {
    let key = role == .client ? keys.next() : nil
    return SendQueue.Frame(
      FrameHead(
        opcode, isFinal: isFinal, isCompressed: isCompressed, payloadBytes: payload.readableBytes, key: key), payload)
  }
}
