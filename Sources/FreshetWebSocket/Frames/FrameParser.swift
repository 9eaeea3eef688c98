// Finds frames in the bytes of a connection, however reads cut them.
//
//   head ─▶ payload ─▶ end ─▶ head

/// Parses frames incrementally and refuses what breaks the protocol as soon as it can be seen: in the first byte, the
/// second, or the length (W66). Pure; copies nothing but heads that are cut.
package struct FrameParser {
  package enum Event {
    case head(FrameHead)
    /// The next bytes of the payload, as they are on the wire; the key is that of the first of them.
    case payload(UnsafeRawBufferPointer, MaskKey?)
    case end
  }

  private enum Place {
    /// → payload, end
    case head
    /// So many bytes are missing. → end
    case payload(Int, MaskKey?)
    /// The end is to be reported. → head
    case end
  }

  /// First byte, second byte, eight of length and four of mask.
  private static let maxHeadBytes = 14

  private let isPeerClient: Bool
  private let allowsCompression: Bool
  private var place = Place.head
  /// The beginning of a head that a read has cut.
  private var cut: [UInt8] = []

  /// - Parameters:
  ///   - role: that of this side.
  ///   - allowsCompression: whether permessage-deflate was agreed on, which gives RSV1 a meaning.
  package init(role: WebSocketRole, allowsCompression: Bool) {
    isPeerClient = role == .server
    self.allowsCompression = allowsCompression
  }

  /// Whether no frame has begun that has not ended.
  package var isAtBorder: Bool {
    if case .head = place { cut.isEmpty } else { false }
  }

  /// Whether the next event is part of a payload.
  package var isInPayload: Bool {
    if case .payload = place { true } else { false }
  }

  /// The next event, whose bytes are removed from the input; nil if it needs more input.
  /// - Parameter maxBytes: the most bytes of payload in one event.
  package mutating func next(
    _ input: inout UnsafeRawBufferPointer, maxBytes: Int = .max
  ) throws(WebSocketError) -> Event? {
    switch place {
    case .head:
      guard let head = try nextHead(&input) else { return nil }
      place = head.payloadBytes == 0 ? .end : .payload(head.payloadBytes, head.key)
      return .head(head)
    case .payload(let missing, let key):
      let count = min(missing, input.count, maxBytes)
      if count == 0 { return nil }
      let bytes = UnsafeRawBufferPointer(rebasing: input[..<count])
      input = UnsafeRawBufferPointer(rebasing: input[count...])
      place = count == missing ? .end : .payload(missing &- count, key?.advanced(by: count))
      return .payload(bytes, key)
    case .end:
      place = .head
      return .end
    }
  }

  private mutating func nextHead(_ input: inout UnsafeRawBufferPointer) throws(WebSocketError) -> FrameHead? {
    if cut.isEmpty {
      if input.isEmpty { return nil }
      if let (head, count) = try parse(input) {
        input = UnsafeRawBufferPointer(rebasing: input[count...])
        return head
      }
      cut.append(contentsOf: input)
      input = UnsafeRawBufferPointer(rebasing: input[input.count...])
      return nil
    }
    while let byte = input.first {
      input = UnsafeRawBufferPointer(rebasing: input[1...])
      cut.append(byte)
      if let head = try parseCut() {
        cut.removeAll(keepingCapacity: true)
        return head
      }
    }
    return nil
  }

  private func parseCut() throws(WebSocketError) -> FrameHead? {
    try cut.withUnsafeBufferPointer { bytes throws(WebSocketError) in try parse(UnsafeRawBufferPointer(bytes)) }?.head
  }

  /// The head and its length, if it is complete.
  private func parse(_ bytes: UnsafeRawBufferPointer) throws(WebSocketError) -> (head: FrameHead, count: Int)? {
    let first = bytes[0]
    let opcode = try opcode(first)
    if bytes.count < 2 { return nil }
    let second = bytes[1]
    let isMasked = second & 0x80 != 0, short = Int(second & 0x7F)
    try check(opcode, isMasked: isMasked, short: short)
    var count = 2
    let payloadBytes: Int
    switch short {
    case 126:
      if bytes.count < 4 { return nil }
      payloadBytes = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
      count = 4
      if payloadBytes < 126 { throw Self.notShortest(payloadBytes) }
    case 127:
      if bytes.count < 10 { return nil }
      let length = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
      guard let fitting = Int(exactly: length) else {
        throw .violation("a frame declares a length of \(length) bytes, whose top bit must be 0")
      }
      payloadBytes = fitting
      count = 10
      if payloadBytes <= 0xFFFF { throw Self.notShortest(payloadBytes) }
    default: payloadBytes = short
    }
    var key: MaskKey?
    if isMasked {
      if bytes.count < count &+ 4 { return nil }
      key = MaskKey(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: count, as: UInt32.self)))
      count &+= 4
    }
    return (
      FrameHead(
        opcode, isFinal: first & 0x80 != 0, isCompressed: first & 0x40 != 0, payloadBytes: payloadBytes, key: key),
      count
    )
  }

  private func opcode(_ first: UInt8) throws(WebSocketError) -> Opcode {
    guard let opcode = Opcode(rawValue: first & 0x0F) else {
      throw .violation("a frame has the opcode \(first & 0x0F), which is reserved")
    }
    if first & 0x30 != 0 || first & 0x40 != 0 && !allowsCompression {
      throw .violation(
        "a \(opcode) frame has a reserved bit set (\(first >> 4 & 7)), for which no extension was agreed on")
    }
    if first & 0x40 != 0, opcode != .text, opcode != .binary {
      throw .violation(
        "RSV1 is set in a \(opcode) frame; only the first frame of a message may be marked as compressed")
    }
    if opcode.isControl, first & 0x80 == 0 { throw .violation("a \(opcode) frame is fragmented") }
    return opcode
  }

  private func check(_ opcode: Opcode, isMasked: Bool, short: Int) throws(WebSocketError) {
    if isMasked != isPeerClient {
      throw .violation(isPeerClient ? "a client's frame is not masked" : "a server's frame is masked")
    }
    if opcode.isControl, short > FrameHead.maxControlBytes {
      throw .violation("a \(opcode) frame has more than \(FrameHead.maxControlBytes) bytes")
    }
  }

  private static func notShortest(_ length: Int) -> WebSocketError {
    .violation("a frame's length of \(length) bytes is not in the shortest form")
  }
}
