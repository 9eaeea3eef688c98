// Small buffers between two uses, so that a short message costs no allocation.
import CThreadLocal
public import NIOCore

/// The memory of messages that are done with, for those that begin. It belongs to an event loop, and serves what runs on
/// its thread in its turn.
// SAFETY: touched on its loop's thread alone: by the loop, and by `current` while a turn of the loop is on the stack.
public final class BufferPool: @unchecked Sendable {
  /// Larger ones are not kept.
  private static let maxCapacity = 1024
  private static let maxCount = 128

  @exclusivity(unchecked) private var buffers: [ByteBuffer] = []

  public init() {}

  /// Makes this pool the current one while `body` runs.
  public func serve(_ body: () -> Void) {
    let current = freshet_thread_pointer()
    current?.pointee = Unmanaged.passUnretained(self).toOpaque()
    defer { current?.pointee = nil }
    body()
  }

  /// An empty buffer for a message that will soon be let go: out of the current loop's pool, if there is one that is
  /// large enough.
  public static func buffer(capacity: Int) -> ByteBuffer {
    if capacity <= maxCapacity, let pool = freshet_thread_pointer()?.pointee,
      var buffer = Unmanaged<BufferPool>.fromOpaque(pool)._withUnsafeGuaranteedRef({ $0.take() })
    {
      buffer.reserveCapacity(capacity)
      return buffer
    }
    return ByteBufferAllocator().buffer(capacity: capacity)
  }

  public func take() -> ByteBuffer? { buffers.popLast() }

  /// Keeps a buffer that nobody else looks at.
  public func giveBack(_ buffer: consuming ByteBuffer) {
    if buffer.capacity > Self.maxCapacity || buffers.count == Self.maxCount { return }
    if buffer.modifyIfUniquelyOwned({ $0.empty() }) != nil { buffers.append(buffer) }
  }

  public func removeAll() { buffers = [] }
}

extension ByteBuffer {
  /// As `clear`, without its second check that the memory is not shared.
  fileprivate mutating func empty() {
    moveReaderIndex(to: 0)
    moveWriterIndex(to: 0)
  }
}
