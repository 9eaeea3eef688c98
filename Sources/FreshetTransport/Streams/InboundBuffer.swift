// The messages of one stream that came and were not read yet, and how the stream ended for its reader.
public import FreshetCore

/// What a look at a stream's inbound side finds.
public enum InboundPoll: Sendable {
  case message(MessageDeframer.Message)
  /// Nothing whole yet.
  case wait
  /// The peer has ended the stream after a whole message.
  case end
  case failure(RPCError)
}

/// What a reader away from the loop gets for its hop: the first find, and the whole messages behind it.
struct InboundBatch: Sendable {
  var first: InboundPoll
  var rest: [MessageDeframer.Message] = []
}

/// Bytes become messages only when one is asked for. Its bound is the stream's flow-control window.
struct InboundBuffer {
  private enum End {
    /// More may come. → ended, failed
    case open
    /// The peer has ended the stream, for its reader with this error if there is one; what is buffered is still to be
    /// read.
    case ended(RPCError?)
    /// Nothing more is delivered, what is buffered included.
    case failed(RPCError)
  }

  private var deframer: MessageDeframer
  private var end = End.open
  private let maxMessageBytes: Int

  init(maxMessageBytes: Int) {
    self.maxMessageBytes = maxMessageBytes
    deframer = MessageDeframer(maxMessageBytes: maxMessageBytes)
  }

  var bufferedBytes: Int { deframer.bufferedBytes }

  /// Whether a reader finds nothing, and there may be more later.
  var isEmptyAndOpen: Bool {
    if case .open = end { bufferedBytes == 0 } else { false }
  }

  /// Before the first byte.
  mutating func limitMessages(to maxMessageBytes: Int) { deframer = MessageDeframer(maxMessageBytes: maxMessageBytes) }

  mutating func append(_ bytes: UnsafeRawBufferPointer, memory: BufferPool) {
    switch end {
    case .open:
      if deframer.needsMemory, let buffer = memory.take() { deframer.use(buffer) }
      deframer.append(bytes)
    case .ended, .failed: break  // data that was on its way when this side gave up the stream
    }
  }

  mutating func finish(throwing error: RPCError? = nil) {
    if case .open = end { end = .ended(error) }
  }

  /// The end that came is no good one: after what is buffered the reader gets `error`.
  mutating func spoilEnd(_ error: RPCError) {
    if case .ended(nil) = end { end = .ended(error) }
  }

  mutating func fail(_ error: RPCError) {
    if case .failed = end { return }
    end = .failed(error)
    deframer = MessageDeframer(maxMessageBytes: maxMessageBytes)  // nobody will read what is here
  }

  /// All was read: the memory is for the next stream.
  mutating func giveBackMemory(to pool: BufferPool) {
    if let buffer = deframer.takeMemory() { pool.giveBack(buffer) }
  }

  @inline(__always)
  mutating func poll() -> InboundPoll {
    if case .failed(let error) = end { return .failure(error) }
    do throws(RPCError) {
      if let message = try deframer.next() { return .message(message) }
      guard case .ended(let error) = end else { return .wait }
      if let error { throw error }
      try deframer.finish()
      return .end
    } catch {
      end = .failed(error)
      return .failure(error)
    }
  }

  /// A whole message that is here already; an end or an error stays for the next `poll`.
  mutating func nextReady() -> MessageDeframer.Message? {
    if case .failed = end { return nil }
    do throws(RPCError) {
      return try deframer.next()
    } catch {
      end = .failed(error)
      return nil
    }
  }
}
