// Turns the bytes of one HTTP/2 stream back into messages: a five-byte prefix, then the payload.
public import NIOCore

/// Splits a stream's bytes into messages, however DATA frames split or join them.
///
/// ``append(_:)`` copies bytes in once; ``next()`` returns messages as slices of the same memory. Many small messages
/// in one append cost one allocation, and so does one of up to 64 KiB in many appends; the memory of a larger one
/// doubles as its bytes arrive. Confined to the stream's owner; does not decompress.
///
/// Memory: messages are sliced from `front`. While a slice may still share its memory, writing there would copy it, so
/// bytes that arrive meanwhile are collected in `back`, which becomes or joins the front once that has no complete
/// message left. So a byte is moved at most twice after its arrival, however appends and reads alternate.
public struct MessageDeframer: Sendable {
  /// One message as received, possibly compressed.
  public struct Message: Sendable, Hashable {
    /// Whether the payload is compressed.
    public var isCompressed: Bool
    /// What a body without such prefixes says of the message, in its own terms.
    package var mark: UInt8 = 0
    /// The bytes after the prefix; shares memory with other messages of the same read.
    public var payload: ByteBuffer

    public init(isCompressed: Bool, payload: ByteBuffer) {
      self.isCompressed = isCompressed
      self.payload = payload
    }

    /// A message of a body without such prefixes.
    package init(mark: UInt8, payload: ByteBuffer) {
      isCompressed = false
      self.mark = mark
      self.payload = payload
    }
  }

  private struct Prefix {
    var flag: UInt8
    var payloadBytes: Int
    var totalBytes: Int { MessageFramer.prefixBytes + payloadBytes }
  }

  // The length prefix is untrusted: 9,000 streams that announced 4 MiB each took 71 GiB of address space. Up to the
  // chunk size of many programs it is trusted, beyond that memory grows with the bytes received.
  private static let mostBytesOnTrust = MessageFramer.prefixBytes + 64 << 10
  // A drained buffer of up to a page is kept for the next read; a larger one would cost too much on an idle stream.
  private static let mostBytesWhileIdle = 4096

  private let maxMessageBytes: Int
  private var front = ByteBuffer()
  private var back = ByteBuffer()
  /// The prefix at the start of front, if already parsed.
  private var seenPrefix: Prefix?
  /// Whether front has memory to write to.
  private var hasMemory = false
  /// Whether the stream is one message without a prefix, which is still growing behind a prefix of its own.
  private var isGrowing = false

  /// A deframer that refuses messages with longer payloads.
  ///
  /// - Parameter maxMessageBytes: the limit; at most 2³¹ − 1 − 5, since a message must fit in one buffer.
  public init(maxMessageBytes: Int) {
    self.maxMessageBytes = min(max(0, maxMessageBytes), Int(Int32.max) - MessageFramer.prefixBytes)
  }

  /// The bytes buffered here, prefixes included.
  public var bufferedBytes: Int { front.readableBytes + back.readableBytes }

  /// Whether an incomplete message is buffered.
  public var hasPartialMessage: Bool {
    guard bufferedBytes > 0 else { return false }
    return prefix().map { bufferedBytes < $0.totalBytes } ?? true
  }

  /// Appends bytes received on the stream.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if bufferedBytes == 0 {
      seenPrefix = prefix(of: bytes)
      let capacity = max(bytes.count, trusted(seenPrefix))
      if front.writerIndex > 0 || front.capacity < capacity { front.clear(minimumCapacity: capacity) }
      front.writeBytes(bytes)
      hasMemory = true
    } else if front.readerIndex == 0 {
      // Nothing has been sliced from the front, so it is not shared.
      front.reserveCapacity(trusted(prefix()))
      front.writeBytes(bytes)
    } else if frontHoldsMessage {
      back.writeBytes(bytes)
    } else {
      joinBackToFront(reserving: bytes.count)
      front.writeBytes(bytes)
    }
  }

  /// Appends bytes of a stream that is one message without a prefix. ``finishWhole(isCompressed:)`` completes it.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED` as soon as the message is beyond the limit.
  public mutating func appendWhole(_ bytes: UnsafeRawBufferPointer) throws(RPCError) {
    if !isGrowing { beginWhole() }
    guard bufferedBytes - MessageFramer.prefixBytes + bytes.count <= maxMessageBytes else {
      throw RPCError(
        code: .resourceExhausted,
        message: "a message of more than \(maxMessageBytes) bytes exceeds the limit (maxReceiveMessageBytes)")
    }
    front.writeBytes(bytes)
  }

  /// The stream has ended, and with it its one message, which may be empty.
  public mutating func finishWhole(isCompressed: Bool) {
    if !isGrowing { beginWhole() }
    isGrowing = false
    let payloadBytes = bufferedBytes - MessageFramer.prefixBytes
    // What is empty is never compressed.
    seenPrefix = Prefix(flag: isCompressed && payloadBytes > 0 ? 1 : 0, payloadBytes: payloadBytes)
  }

  /// Until its length is known, the message has a flag that gRPC does not know, so it is not complete.
  private mutating func beginWhole() {
    isGrowing = true
    hasMemory = true
    seenPrefix = Prefix(flag: .max, payloadBytes: 0)
    if front.writerIndex > 0 { front.clear() }
    front.writeRepeatingByte(0, count: MessageFramer.prefixBytes)
  }

  /// The allocated memory; for tests.
  package var capacityBytes: Int { front.capacity + back.capacity }

  /// Whether the next ``append(_:)`` will allocate memory.
  public var needsMemory: Bool { !hasMemory }

  /// Provides unshared memory for the next ``append(_:)``.
  public mutating func use(_ memory: ByteBuffer) {
    front = memory
    hasMemory = true
  }

  /// Gives up empty memory; slices of it may still be in use.
  public mutating func takeMemory() -> ByteBuffer? {
    guard hasMemory, bufferedBytes == 0 else { return nil }
    hasMemory = false
    var memory = ByteBuffer()
    swap(&front, &memory)
    return memory
  }

  /// The next complete message; `nil` when more bytes are needed.
  ///
  /// After an error the deframer stays in that state: every further call throws the same error.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED` for a message beyond the limit, from its prefix alone; `INTERNAL` for a flag byte
  ///   that is neither 0 nor 1.
  public mutating func next() throws(RPCError) -> Message? {
    guard bufferedBytes > 0, let prefix = prefix() else { return nil }
    guard prefix.flag <= 1 else {
      if isGrowing { return nil }
      throw RPCError(
        code: .internal, message: "a message begins with the flag byte \(prefix.flag), gRPC knows only 0 and 1")
    }
    guard prefix.payloadBytes <= maxMessageBytes else {
      throw RPCError(
        code: .resourceExhausted,
        message: "a message of \(prefix.payloadBytes) bytes exceeds the limit of \(maxMessageBytes) bytes "
          + "(maxReceiveMessageBytes)")
    }
    guard bufferedBytes >= prefix.totalBytes else { return nil }
    if front.readableBytes < prefix.totalBytes { joinBackToFront(reserving: 0) }
    return takeMessage(prefix)
  }

  /// Reports the end of the stream.
  ///
  /// Call it when ``next()`` has returned `nil`.
  ///
  /// - Throws: `INTERNAL` when the stream ended inside a message, with the received and the expected number of bytes.
  public func finish() throws(RPCError) {
    guard hasPartialMessage else { return }
    guard let prefix = prefix() else {
      throw RPCError(
        code: .internal,
        message: "the stream ended inside a message's prefix: \(bufferedBytes) of "
          + "\(MessageFramer.prefixBytes) bytes came")
    }
    throw RPCError(
      code: .internal,
      message: "the stream ended inside a message: \(bufferedBytes - MessageFramer.prefixBytes) of "
        + "\(prefix.payloadBytes) bytes came")
  }

  private mutating func takeMessage(_ prefix: Prefix) -> Message {
    seenPrefix = nil
    front.moveReaderIndex(forwardBy: MessageFramer.prefixBytes)
    // An empty payload is not a slice, so it keeps no memory alive.
    let payload = prefix.payloadBytes == 0 ? ByteBuffer() : front.readSlice(length: prefix.payloadBytes) ?? ByteBuffer()
    if front.readableBytes == 0 { recycleFront() }
    return Message(isCompressed: prefix.flag == 1, payload: payload)
  }

  private mutating func recycleFront() {
    if back.readableBytes > 0 {
      front = back
      back = ByteBuffer()
    } else if front.capacity > MessageDeframer.mostBytesWhileIdle {
      front = ByteBuffer()
      hasMemory = false
    }
  }

  /// Moves the rest of front, an incomplete message, and all of back into unshared memory.
  private mutating func joinBackToFront(reserving newBytes: Int) {
    let neededBytes = max(bufferedBytes + newBytes, trusted(prefix()))
    var joined = ByteBufferAllocator().buffer(capacity: neededBytes)
    joined.writeImmutableBuffer(front)
    joined.writeImmutableBuffer(back)
    front = joined
    back = ByteBuffer()
  }

  private var frontHoldsMessage: Bool {
    guard front.readableBytes >= MessageFramer.prefixBytes, let prefix = prefix() else { return false }
    return front.readableBytes >= prefix.totalBytes
  }

  /// How much memory to allocate when a message is announced.
  private func trusted(_ prefix: Prefix?) -> Int {
    guard let prefix, prefix.payloadBytes <= maxMessageBytes else { return 0 }
    return min(prefix.totalBytes, MessageDeframer.mostBytesOnTrust)
  }

  /// The prefix of the next message; `nil` if fewer than five bytes are buffered.
  private func prefix() -> Prefix? {
    if let seenPrefix { return seenPrefix }
    if let (flag, length) = front.peekMultipleIntegers(as: (UInt8, UInt32).self) {
      return Prefix(flag: flag, payloadBytes: Int(length))
    }
    guard bufferedBytes >= MessageFramer.prefixBytes else { return nil }
    return prefix { offset in
      let backOffset = offset - front.readableBytes
      let byte: UInt8? =
        backOffset < 0
        ? front.getInteger(at: front.readerIndex + offset) : back.getInteger(at: back.readerIndex + backOffset)
      return byte ?? 0
    }
  }

  private func prefix(of bytes: UnsafeRawBufferPointer) -> Prefix? {
    guard bytes.count >= MessageFramer.prefixBytes else { return nil }
    let length = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
    return Prefix(flag: bytes[0], payloadBytes: Int(length))
  }

  private func prefix(byteAt byte: (Int) -> UInt8) -> Prefix {
    let length = (1...4).reduce(0) { $0 << 8 | Int(byte($1)) }
    return Prefix(flag: byte(0), payloadBytes: length)
  }
}
