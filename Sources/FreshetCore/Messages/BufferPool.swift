// Recycles small buffers, so that a short message costs no allocation.
import CThreadLocal
public import NIOCore

/// Recycled memory of finished messages. Belongs to an event loop, and serves the code that runs on its thread during
/// its turns.
// SAFETY: used on its loop's thread only: by the loop, and through `current` while a turn of the loop is on the stack.
public final class BufferPool: @unchecked Sendable {
  /// Larger buffers are not kept.
  private static let maxCapacity = 1024
  private static let maxCount = 128

  @exclusivity(unchecked) private var buffers: [ByteBuffer] = []

  public init() {}

  /// Makes this pool the current one during `body`.
  public func serve(_ body: () -> Void) {
    let current = freshet_thread_pointer()
    current?.pointee = Unmanaged.passUnretained(self).toOpaque()
    defer { current?.pointee = nil }
    body()
  }

  /// An empty buffer for a short-lived message: from the current loop's pool, if that has one that is large enough.
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

  /// Returns a buffer that is no longer shared.
  public func giveBack(_ buffer: consuming ByteBuffer) {
    if buffer.capacity > Self.maxCapacity || buffers.count == Self.maxCount { return }
    if buffer.modifyIfUniquelyOwned({ $0.empty() }) != nil { buffers.append(buffer) }
  }

  public func removeAll() { buffers = [] }
}

extension ByteBuffer {
  /// Like `clear`, without its second uniqueness check.
  fileprivate mutating func empty() {
    moveReaderIndex(to: 0)
    moveWriterIndex(to: 0)
  }
}
