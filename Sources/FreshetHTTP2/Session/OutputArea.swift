// The target of written frames: the free part of a buffer, without the buffer's own checks for each piece.
import NIOCore

/// Memory of a buffer that `HTTP2Session.writePending` holds open; empty otherwise.
struct OutputArea {
  private var next: UnsafeMutableRawPointer?
  private(set) var roomBytes = 0
  private(set) var writtenBytes = 0
  private var limitBytes = 0
  /// The size of the frame that did not fit.
  private(set) var refusedBytes = 0

  init() {}

  /// - Parameter limitBytes: after this many bytes no new frame is begun.
  init(_ memory: UnsafeMutableRawBufferPointer, limitBytes: Int) {
    next = memory.baseAddress
    roomBytes = memory.count
    self.limitBytes = limitBytes
  }

  var isOverLimit: Bool { writtenBytes >= limitBytes }

  /// - Returns: whether there is room for a frame; if not, `refusedBytes` says how much it needs.
  mutating func hasRoom(for bytes: Int) -> Bool {
    if bytes <= roomBytes { return true }
    refusedBytes = bytes
    return false
  }

  mutating func write(_ bytes: UnsafeRawPointer, count: Int) { take(count).copyMemory(from: bytes, byteCount: count) }

  /// The next `count` bytes, which the caller fills; there must be room for them.
  mutating func take(_ count: Int) -> UnsafeMutableRawPointer {
    guard let start = next, count <= roomBytes else { preconditionFailure("\(count) bytes for \(roomBytes) of room") }
    next = start + count
    roomBytes -= count
    writtenBytes += count
    return start
  }
}
