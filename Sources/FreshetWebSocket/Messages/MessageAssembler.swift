// Joins the frames of messages, checks what they declare and contain, and keeps them in as little memory as they need.
package import NIOCore

/// Copies each byte of a message once, from the read buffer into the message's memory, and takes its mask off on the
/// way. Short messages that arrive whole share the memory of their read; others have their own, which grows as bytes
/// arrive: a declared length is trusted up to 64 KiB. Pure.
package struct MessageAssembler {
  /// A message, or a part of one, that is complete.
  package enum Assembled {
    /// In the shared memory, of which `buffer` makes one.
    case shared(Range<Int>)
    case own(ByteBuffer)

    package var byteCount: Int {
      switch self {
      case .shared(let range): range.count
      case .own(let bytes): bytes.readableBytes
      }
    }
  }

  /// The message whose frames are arriving.
  private struct Message {
    var kind: WebSocketMessageKind
    var isCompressed: Bool
    var frames = 0
    var bytes = 0
    var isInParts: Bool
    var validator = UTF8Validator()
  }

  /// Longer messages do not share memory, so that a short one that is kept holds little more than itself.
  private static let maxSharedBytes = 16 << 10
  /// Beyond this, memory grows with the bytes received.
  private static let mostBytesOnTrust = 64 << 10
  /// Memory that is kept between reads.
  private static let mostBytesWhileIdle = 1024
  /// How much of a compressed frame is decompressed at a time.
  private static let portionBytes = 4 << 10

  private let limits: WebSocketLimits
  private let inflater: MessageInflater?
  private var message: Message?
  private var shared = ByteBuffer()
  private var own = ByteBuffer()
  /// Where the message begins in `shared`; nil if it has memory of its own.
  private var sharedStart: Int?
  /// Whether messages are delivered as their bytes arrive; switched off, from the next message on.
  package var deliversParts = false {
    didSet { if deliversParts { message?.isInParts = true } }
  }

  package init(_ limits: WebSocketLimits, inflater: MessageInflater?) {
    self.limits = limits
    self.inflater = inflater
  }

  /// Whether the message that is arriving, or the next, is delivered in parts.
  package var isInParts: Bool { message?.isInParts ?? deliversParts }

  /// How much there is of a message that is not complete.
  package var partialBytes: Int {
    if message == nil { return 0 }
    return sharedStart.map { shared.writerIndex - $0 } ?? own.readableBytes
  }

  /// The memory that is held; for tests.
  package var capacityBytes: Int { shared.capacity + own.capacity }

  /// - Parameter available: how many bytes follow the head in this read.
  package mutating func beginFrame(_ head: FrameHead, available: Int) throws(WebSocketError) {
    if message == nil {
      guard let kind = head.opcode.kind else { throw .violation("a continuation frame has no message to continue") }
      message = Message(kind: kind, isCompressed: head.isCompressed, isInParts: deliversParts)
      let isWhole = head.isFinal && head.payloadBytes <= min(available, Self.maxSharedBytes)
      sharedStart = isWhole || deliversParts ? shared.writerIndex : nil
    } else if head.opcode != .continuation {
      throw .violation("a \(head.opcode) frame begins a message before the fragmented one has ended")
    }
    try count(head)
    if message?.isCompressed == false, sharedStart == nil {
      own.reserveCapacity(minimumWritableBytes: min(head.payloadBytes, max(Self.mostBytesOnTrust, own.readableBytes)))
    }
  }

  /// Checks what the head declares before memory is allocated for it.
  private mutating func count(_ head: FrameHead) throws(WebSocketError) {
    guard var message else { return }
    message.frames += 1
    self.message = message
    if message.frames > limits.maxFragments, message.frames - limits.maxFragments > message.bytes / 16 {
      throw .tooBig(
        "a message has more than \(limits.maxFragments) fragments, and more than one for each 16 of its "
          + "\(message.bytes) bytes (maxFragments)")
    }
    if message.isInParts { return }
    // What does not compress at all becomes longer by five bytes in 16 KiB.
    let most =
      message.isCompressed ? limits.maxMessageBytes + limits.maxMessageBytes / 1024 + 64 : limits.maxMessageBytes
    let before = message.isCompressed ? 0 : message.bytes
    if head.payloadBytes > most - before {
      throw .tooBig(
        "a \(message.kind) message of \(before) and \(head.payloadBytes) more bytes exceeds the limit of "
          + "\(limits.maxMessageBytes) bytes (maxMessageBytes)")
    }
  }

  /// Takes bytes of a frame's payload.
  package mutating func append(_ bytes: UnsafeRawBufferPointer, key: MaskKey?) throws(WebSocketError) {
    if message?.isCompressed == true { return try inflate(bytes, key) }
    if sharedStart == nil { Self.copy(bytes, key, into: &own) } else { Self.copy(bytes, key, into: &shared) }
    try check(lastBytes: bytes.count)
  }

  private static func copy(_ bytes: UnsafeRawBufferPointer, _ key: MaskKey?, into buffer: inout ByteBuffer) {
    guard let key else {
      buffer.writeBytes(bytes)
      return
    }
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bytes.count) { memory in
      if let start = memory.baseAddress { Masking.copy(bytes, to: start, key: key) }
      return bytes.count
    }
  }

  private mutating func inflate(_ bytes: UnsafeRawBufferPointer, _ key: MaskKey?) throws(WebSocketError) {
    guard let key else { return try inflate(bytes) }
    var offset = 0
    while offset < bytes.count {
      let portion = UnsafeRawBufferPointer(rebasing: bytes[offset..<min(bytes.count, offset + Self.portionBytes)])
      try withUnsafeTemporaryAllocation(byteCount: portion.count, alignment: 8) { memory throws(WebSocketError) in
        if let start = memory.baseAddress { Masking.copy(portion, to: start, key: key.advanced(by: offset)) }
        try inflate(UnsafeRawBufferPointer(memory))
      }
      offset += portion.count
    }
  }

  private mutating func inflate(_ bytes: UnsafeRawBufferPointer) throws(WebSocketError) {
    try restore { (inflater, target, most) throws(WebSocketError) in
      try inflater.inflate(bytes, into: &target, maxBytes: most)
    }
  }

  /// Appends what the inflater makes, which stops one byte beyond the bound. Wherever the bytes are cut, the first fault
  /// is the one reported: text is validated up to the bound, or to where decompressing failed.
  private mutating func restore(
    _ body: (MessageInflater, inout ByteBuffer, Int) throws(WebSocketError) -> Void
  ) throws(WebSocketError) {
    guard let message, let inflater else { return }
    let most = message.isInParts ? Int.max - 1 : limits.maxMessageBytes - message.bytes
    let before = writerIndex
    do throws(WebSocketError) {
      if sharedStart == nil { try body(inflater, &own, most) } else { try body(inflater, &shared, most) }
    } catch {
      try check(lastBytes: writerIndex - before)
      throw error
    }
    let count = writerIndex - before
    if count <= most { return try check(lastBytes: count) }
    if sharedStart == nil { own.moveWriterIndex(to: before + most) } else { shared.moveWriterIndex(to: before + most) }
    try check(lastBytes: most)
    throw .tooBig(
      "a decompressed \(message.kind) message exceeds the limit of \(limits.maxMessageBytes) bytes (maxMessageBytes)")
  }

  private var writerIndex: Int { sharedStart == nil ? own.writerIndex : shared.writerIndex }

  /// Counts and validates what was just written.
  private mutating func check(lastBytes count: Int) throws(WebSocketError) {
    guard message != nil else { return }
    message!.bytes += count
    guard message!.kind == .text else { return }
    let wrong =
      sharedStart == nil
      ? Self.validate(count, of: own, &message!.validator) : Self.validate(count, of: shared, &message!.validator)
    guard let wrong, let message else { return }
    let byte = (sharedStart == nil ? own : shared).readableBytesView.suffix(count).dropFirst(wrong).first ?? 0
    throw WebSocketError(
      .invalidText, code: .invalidData,
      "a text message is not UTF-8: 0x\(String(byte, radix: 16)) cannot follow its first "
        + "\(message.bytes - count + wrong) bytes")
  }

  private static func validate(_ count: Int, of buffer: ByteBuffer, _ validator: inout UTF8Validator) -> Int? {
    buffer.withUnsafeReadableBytes { validator.accept(UnsafeRawBufferPointer(rebasing: $0[($0.count - count)...])) }
  }

  /// The end of a message's last frame.
  /// - Returns: the rest of the message, or all of it.
  package mutating func endMessage() throws(WebSocketError) -> (WebSocketMessageKind, Assembled) {
    if message?.isCompressed == true {
      try restore { (inflater, target, most) throws(WebSocketError) in
        try inflater.finish(into: &target, maxBytes: most)
      }
    }
    guard let message else { preconditionFailure("a message ends that has not begun") }
    if message.kind == .text, !message.validator.isComplete {
      throw WebSocketError(
        .invalidText, code: .invalidData, "a text message of \(message.bytes) bytes ends within a code point")
    }
    defer {
      self.message = nil
      sharedStart = nil
    }
    return (message.kind, takeAssembled(before: 0))
  }

  /// What has arrived of the message that is not complete; of a text only whole code points. Nil if that is nothing.
  package mutating func takePart() -> (WebSocketMessageKind, Assembled)? {
    guard let message else { return nil }
    let cutCount = message.validator.cutBytes
    let start = sharedStart ?? 0, end = (sharedStart == nil ? own : shared).writerIndex
    if end - start <= cutCount { return nil }
    let cut = (sharedStart == nil ? own : shared).getBytes(at: end - cutCount, length: cutCount) ?? []
    let part = takeAssembled(before: cutCount)
    sharedStart = shared.writerIndex
    shared.writeBytes(cut)
    return (message.kind, part)
  }

  /// Takes all but the last bytes out of the memory.
  private mutating func takeAssembled(before cutCount: Int) -> Assembled {
    if let sharedStart { return .shared(sharedStart..<(shared.writerIndex - cutCount)) }
    var bytes = ByteBuffer()
    swap(&bytes, &own)
    bytes.moveWriterIndex(to: bytes.writerIndex - cutCount)
    return .own(bytes)
  }

  /// The bytes as a buffer.
  package func buffer(_ assembled: Assembled) -> ByteBuffer {
    switch assembled {
    case .shared(let range): shared.getSlice(at: range.lowerBound, length: range.count) ?? ByteBuffer()
    case .own(let bytes): bytes
    }
  }

  /// All that was assembled in shared memory has been taken out of it, and more is about to be assembled.
  package mutating func reuseMemory() {
    if shared.writerIndex == 0 { return }
    let cut = partInShared()
    // A slice that is still in use keeps its memory.
    if shared.modifyIfUniquelyOwned({ $0.clear() }) == nil { shared = ByteBuffer() }
    keep(cut)
  }

  /// Likewise, but nothing may arrive for long.
  package mutating func releaseMemory() {
    if shared.capacity <= Self.mostBytesWhileIdle { return }
    let cut = partInShared()
    shared = ByteBuffer()
    keep(cut)
  }

  /// What a message that comes in parts leaves in shared memory for the next read: at most three bytes.
  private func partInShared() -> [UInt8] {
    sharedStart.flatMap { shared.getBytes(at: $0, length: shared.writerIndex - $0) } ?? []
  }

  private mutating func keep(_ part: [UInt8]) {
    if sharedStart == nil { return }
    sharedStart = 0
    shared.writeBytes(part)
  }

  /// The message that is not complete is gone.
  package mutating func removeAll() {
    message = nil
    sharedStart = nil
    own = ByteBuffer()
  }
}

extension Opcode {
  /// What a message consists of that begins with such a frame.
  fileprivate var kind: WebSocketMessageKind? {
    switch self {
    case .text: .text
    case .binary: .binary
    case .continuation, .close, .ping, .pong: nil
    }
  }
}
