// Encodes and decodes SwiftProtobuf's messages, without a copy between the message and its frame.
public import FreshetCore
public import NIOCore
public import SwiftProtobuf

/// The codec of `application/grpc+proto`, which is also what `application/grpc` means.
public struct ProtobufCodec<Message: SwiftProtobuf.Message>: Codec {
  public init() {}

  public var contentSubtype: String { "proto" }

  /// - Throws: `BinaryEncodingError` when a required field of a proto2 message is missing.
  public func encode(_ message: Message, reservingPrefix prefixBytes: Int) throws -> ByteBuffer {
    Self.buffer(try message.serializedBytes(), reservingPrefix: prefixBytes)
  }

  public func encodeStably(_ message: Message, reservingPrefix prefixBytes: Int) throws -> ByteBuffer {
    var options = BinaryEncodingOptions()
    options.useDeterministicOrdering = true
    return Self.buffer(try message.serializedBytes(options: options), reservingPrefix: prefixBytes)
  }

  private static func buffer(_ frame: FrameBytes, reservingPrefix prefixBytes: Int) -> ByteBuffer {
    if prefixBytes == MessageFramer.prefixBytes { return frame.buffer }
    var buffer = frame.buffer
    if prefixBytes < MessageFramer.prefixBytes {
      buffer.moveReaderIndex(to: MessageFramer.prefixBytes - prefixBytes)
      return buffer
    }
    var longer = ByteBuffer(repeating: 0, count: prefixBytes)
    buffer.moveReaderIndex(to: MessageFramer.prefixBytes)
    longer.writeImmutableBuffer(buffer)
    return longer
  }

  /// - Throws: `BinaryDecodingError` when the bytes are not such a message.
  public func decode(_ bytes: ByteBuffer) throws -> Message { try Message(serializedBytes: bytes.readableBytesSpan) }
}

/// The memory that SwiftProtobuf writes a message into, after free space for the frame's prefix.
private struct FrameBytes: SwiftProtobufContiguousBytes {
  private(set) var buffer: ByteBuffer
  let count: Int

  init(repeating byte: UInt8, count: Int) {
    self.count = count
    buffer = BufferPool.buffer(capacity: MessageFramer.prefixBytes + count)
    // Not zeroed first: the encoder writes all of it, and the framer writes the prefix.
    buffer.moveWriterIndex(to: MessageFramer.prefixBytes + count)
  }

  init<Bytes: Sequence>(_ sequence: Bytes) where Bytes.Element == UInt8 {
    var buffer = ByteBuffer(repeating: 0, count: MessageFramer.prefixBytes)
    count = buffer.writeBytes(sequence)
    self.buffer = buffer
  }

  func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try buffer.withUnsafeReadableBytes {
      try body(UnsafeRawBufferPointer(rebasing: $0[MessageFramer.prefixBytes...]))
    }
  }

  mutating func withUnsafeMutableBytes<Result>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try buffer.withUnsafeMutableReadableBytes {
      try body(UnsafeMutableRawBufferPointer(rebasing: $0[MessageFramer.prefixBytes...]))
    }
  }
}
