// The framed messages of one stream that wait for the peer's window and the socket.
import DequeModule
import FreshetCore
import NIOCore

/// A queue of bytes. Small messages are joined, so that many of them fit in one DATA frame.
struct OutboundBuffer {
  /// From this size on a message keeps its own buffer instead of being copied behind the previous one (design.md, copy
  /// budget).
  private static let joinBelowBytes = 16 * 1024

  private var head = ByteBuffer()
  private var tail: Deque<ByteBuffer> = []
  private(set) var byteCount = 0

  var isEmpty: Bool { byteCount == 0 }

  mutating func append(_ frame: consuming ByteBuffer) {
    byteCount += frame.readableBytes
    if head.readableBytes == 0, tail.isEmpty {
      head = frame
    } else if frame.readableBytes >= Self.joinBelowBytes {
      tail.append(frame)
    } else if tail.isEmpty, head.readableBytes < Self.joinBelowBytes {
      // If a head is never quite empty, the consumed part would grow without bound.
      if head.readerIndex >= Self.joinBelowBytes { head.discardReadBytes() }
      head.writeImmutableBuffer(frame)
    } else if let last = tail.indices.last, tail[last].readableBytes < Self.joinBelowBytes {
      tail[last].writeImmutableBuffer(frame)
    } else {
      tail.append(frame)
    }
  }

  /// Moves `count` bytes, which the queue must hold, to `memory`; emptied buffers go to `pool`.
  mutating func move(_ count: Int, to memory: UnsafeMutableRawPointer, done pool: BufferPool) {
    precondition(count <= byteCount, "\(count) bytes promised to nghttp2, \(byteCount) queued")
    var moved = 0
    while moved < count {
      let part = min(count - moved, head.readableBytes)
      head.readWithUnsafeReadableBytes { bytes in
        if let start = bytes.baseAddress { (memory + moved).copyMemory(from: start, byteCount: part) }
        return part
      }
      moved += part
      if head.readableBytes > 0 { continue }
      var emptied = tail.popFirst() ?? ByteBuffer()
      swap(&head, &emptied)
      pool.giveBack(emptied)
    }
    byteCount -= count
  }

  mutating func removeAll() { self = OutboundBuffer() }
}
