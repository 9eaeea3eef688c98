// Small buffers between two uses, so that a short message costs no allocation.
import NIOCore

/// The memory of streams that are over, for those that begin. A value; its loop has it.
struct BufferPool {
  /// Larger ones are not kept.
  private static let maxCapacity = 1024
  private static let maxCount = 128

  private var buffers: [ByteBuffer] = []

  mutating func take() -> ByteBuffer? { buffers.popLast() }

  /// Keeps a buffer that nobody else looks at.
  mutating func giveBack(_ buffer: consuming ByteBuffer) {
    if buffer.capacity > Self.maxCapacity || buffers.count == Self.maxCount { return }
    if buffer.modifyIfUniquelyOwned({ $0.clear() }) != nil { buffers.append(buffer) }
  }
}
