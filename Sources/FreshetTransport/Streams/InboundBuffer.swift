// The unread messages of one stream, and how the stream ended for its reader.
public import FreshetCore

/// The state of a stream's inbound side.
public enum InboundPoll: Sendable {
  case message(MessageDeframer.Message)
  /// No complete message yet.
  case wait
  /// The peer has ended the stream after a complete message.
  case end
  case failure(RPCError)
}

/// What a reader off the loop gets per hop: the first result, and the complete messages after it.
struct InboundBatch: Sendable {
  var first: InboundPoll
  var rest: [MessageDeframer.Message] = []
}

/// Bytes are only split into messages on demand. Bounded by the stream's flow-control window.
struct InboundBuffer {
  private enum End {
    /// More may come. → ended, failed
    case open
    /// The peer has ended the stream, for its reader with this error if any; buffered bytes can still be read.
    case ended(RPCError?)
    /// Nothing more is delivered, buffered bytes included.
    case failed(RPCError)
  }

  private var deframer: MessageDeframer
  /// What a form made; the deframer is empty then.
  private var ready: ReadyMessages?
  private var end = End.open
  private let maxMessageBytes: Int

  init(maxMessageBytes: Int) {
    self.maxMessageBytes = maxMessageBytes
    deframer = MessageDeframer(maxMessageBytes: maxMessageBytes)
  }

  var bufferedBytes: Int { deframer.bufferedBytes &+ (ready?.byteCount ?? 0) }

  /// Whether the peer may send more.
  var isOpen: Bool {
    if case .open = end { true } else { false }
  }

  /// Whether a reader finds nothing now, but may later.
  var isEmptyAndOpen: Bool {
    if case .open = end { bufferedBytes == 0 } else { false }
  }

  /// Called before the first byte.
  mutating func limitMessages(to maxMessageBytes: Int) { deframer = MessageDeframer(maxMessageBytes: maxMessageBytes) }

  mutating func append(_ bytes: UnsafeRawBufferPointer, memory: BufferPool) {
    switch end {
    case .open:
      if deframer.needsMemory, let buffer = memory.take() { deframer.use(buffer) }
      deframer.append(bytes)
    case .ended, .failed: break  // data in flight when this side reset the stream
    }
  }

  /// Appends a message of a form that does not frame.
  mutating func append(_ message: consuming MessageDeframer.Message) {
    guard case .open = end else { return }
    let ready = ready ?? ReadyMessages()
    self.ready = ready
    ready.append(message)
  }

  /// Appends to the stream's one message, which has no prefix.
  mutating func appendWhole(_ bytes: UnsafeRawBufferPointer, memory: BufferPool) {
    guard case .open = end else { return }
    if deframer.needsMemory, let buffer = memory.take() { deframer.use(buffer) }
    do throws(RPCError) {
      try deframer.appendWhole(bytes)
    } catch {
      fail(error)
    }
  }

  mutating func finishWhole(isCompressed: Bool) {
    if case .open = end { deframer.finishWhole(isCompressed: isCompressed) }
  }

  mutating func finish(throwing error: RPCError? = nil) {
    if case .open = end { end = .ended(error) }
  }

  /// The received end is invalid: after the buffered messages the reader gets `error`.
  mutating func spoilEnd(_ error: RPCError) {
    if case .ended(nil) = end { end = .ended(error) }
  }

  mutating func fail(_ error: RPCError) {
    if case .failed = end { return }
    end = .failed(error)
    ready = nil
    deframer = MessageDeframer(maxMessageBytes: maxMessageBytes)  // drops what will not be read
  }

  /// Everything was read: the memory can be reused by the next stream.
  mutating func giveBackMemory(to pool: BufferPool) {
    if let buffer = deframer.takeMemory() { pool.giveBack(buffer) }
  }

  @inline(__always)
  mutating func poll() -> InboundPoll {
    if case .failed(let error) = end { return .failure(error) }
    do throws(RPCError) {
      if let message = try deframer.next() { return .message(message) }
      if let message = ready?.popFirst() { return .message(message) }
      guard case .ended(let error) = end else { return .wait }
      if let error { throw error }
      try deframer.finish()
      return .end
    } catch {
      end = .failed(error)
      return .failure(error)
    }
  }

  /// A complete buffered message; an end or an error is left for the next `poll`.
  mutating func nextReady() -> MessageDeframer.Message? {
    if case .failed = end { return nil }
    do throws(RPCError) {
      return try deframer.next() ?? ready?.popFirst()
    } catch {
      end = .failed(error)
      return nil
    }
  }
}
