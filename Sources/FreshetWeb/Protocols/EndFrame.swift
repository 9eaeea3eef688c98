// Takes the last frame out of a response whose end is part of its body: gRPC-Web's trailers, the end of Connect's streams (W21, W40).
package import FreshetCore
package import NIOCore

/// Lets the frames of messages through, and keeps the one that ends the body. Pure; bytes may be cut anywhere.
///
/// ```text
/// prefix ──message──▶ message ──▶ prefix        prefix ──end──▶ payload ──▶ ended
/// ```
package struct EndFrame: Sendable {
  /// What the frame holds.
  package struct Payload: Sendable, Hashable {
    /// Whether it has to go through the decompression that the head announced.
    package var isCompressed: Bool
    package var bytes: ByteBuffer

    package init(isCompressed: Bool, bytes: ByteBuffer) {
      self.isCompressed = isCompressed
      self.bytes = bytes
    }
  }

  private enum Place: Sendable {
    /// So many bytes of a prefix have come.
    case prefix(Int)
    /// So many bytes of a message are to come.
    case message(Int)
    /// So many bytes of the last frame are to come.
    case payload(Int)
    case ended
  }

  private let flag: UInt8
  private let maxBytes: Int
  private var place = Place.prefix(0)
  private var prefix: (flag: UInt8, length: UInt32) = (0, 0)
  private var payload = ByteBuffer()

  /// - Parameters:
  ///   - flag: the bit that marks the last frame (`GRPCWebTrailers.flag`, `ConnectEnd.flag`).
  ///   - maxBytes: the length of the longest last frame that is taken.
  package init(flag: UInt8, maxBytes: Int) {
    self.flag = flag
    self.maxBytes = maxBytes
  }

  /// The bytes of the last frame that have arrived.
  package var heldBytes: Int { payload.readableBytes }

  /// Takes in what has arrived, and writes what belongs to messages, prefixes included. What is wrong with those is for
  /// `MessageDeframer` to say.
  /// - Throws: `RESOURCE_EXHAUSTED` for a last frame that is too long, from its prefix alone; `INTERNAL` for bytes behind it.
  package mutating func take(_ bytes: UnsafeRawBufferPointer, into messages: inout ByteBuffer) throws(RPCError) {
    var rest = bytes
    while !rest.isEmpty {
      switch place {
      case .prefix(let count):
        take(prefixByte: rest[0], count, into: &messages)
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
        if case .payload(let length) = place, length > maxBytes {
          throw RPCError(
            code: .resourceExhausted, message: "the end of the response has \(length) bytes, the limit is \(maxBytes)")
        }
      case .message(let missing):
        let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(missing))
        messages.writeBytes(piece)
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
        place = piece.count == missing ? .prefix(0) : .message(missing - piece.count)
      case .payload(let missing):
        let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(missing))
        payload.writeBytes(piece)
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
        place = piece.count == missing ? .ended : .payload(missing - piece.count)
      case .ended: throw RPCError(code: .internal, message: "the response goes on behind its end")
      }
    }
  }

  /// Says that the body ended here.
  /// - Returns: nil without a last frame.
  /// - Throws: `INTERNAL` when it ended inside that.
  package func finish() throws(RPCError) -> Payload? {
    switch place {
    case .ended: return Payload(isCompressed: prefix.flag & 1 == 1, bytes: payload)
    case .payload: throw RPCError(code: .internal, message: "the response ended inside its last frame")
    case .prefix, .message: return nil
    }
  }

  private mutating func take(prefixByte byte: UInt8, _ count: Int, into messages: inout ByteBuffer) {
    if count == 0 { prefix = (byte, 0) } else { prefix.length = prefix.length << 8 | UInt32(byte) }
    let isEnd = prefix.flag & ~1 == flag
    if !isEnd { messages.writeInteger(byte) }
    let length = Int(prefix.length)
    switch (count + 1 == MessageFramer.prefixBytes, isEnd) {
    case (false, _): place = .prefix(count + 1)
    case (true, true): place = length == 0 ? .ended : .payload(length)
    case (true, false): place = length == 0 ? .prefix(0) : .message(length)
    }
  }
}
