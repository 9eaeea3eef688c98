// The frames that wait to be written, control frames ahead of messages.
import DequeModule
import NIOCore

/// Holds payloads as they were given, so that they are copied, and masked, only on the way out. Pongs and a ping are
/// written at the next border between frames (W70). Pure.
struct SendQueue {
  struct Frame {
    let head: HeadBytes
    let key: MaskKey?
    let payload: ByteBuffer

    init(_ head: FrameHead, _ payload: ByteBuffer) {
      self.head = HeadBytes(head)
      key = head.key
      self.payload = payload
    }

    var byteCount: Int { head.count &+ payload.readableBytes }
  }

  /// How many pongs may wait. The last one answers all pings (RFC 6455 §5.5.3), but Autobahn wants one for each of ten.
  private static let maxPongs = 16

  /// The frame that is being written, and how many of its bytes were.
  private var current: Frame?
  private var offset = 0
  private var pongs: Deque<Frame> = []
  private var ping: Frame?
  private var frames: Deque<Frame> = []
  private(set) var byteCount = 0
  /// Whether the close, which is the last frame, was queued; and written, at least in part.
  private var hasClose = false
  private(set) var hasBegunClose = false

  var isEmpty: Bool { byteCount == 0 }

  mutating func append(_ frame: Frame) {
    byteCount &+= frame.byteCount
    frames.append(frame)
  }

  /// - Precondition: nothing is appended afterwards.
  mutating func appendClose(_ frame: Frame) {
    append(frame)
    hasClose = true
  }

  /// Replaces the oldest pong if there are many.
  mutating func appendPong(_ frame: Frame) {
    if pongs.count == Self.maxPongs, let oldest = pongs.popFirst() { byteCount &-= oldest.byteCount }
    byteCount &+= frame.byteCount
    pongs.append(frame)
  }

  /// Replaces a ping that is not written yet.
  mutating func setPing(_ frame: Frame) {
    byteCount &+= frame.byteCount &- (ping?.byteCount ?? 0)
    ping = frame
  }

  /// Moves `count` bytes, which the queue must hold, to `memory`.
  mutating func move(_ count: Int, to memory: UnsafeMutableRawPointer) {
    precondition(count <= byteCount, "\(count) bytes to write, \(byteCount) queued")
    byteCount &-= count
    var moved = 0
    while moved < count {
      if current == nil { begin() }
      guard let frame = current else { return }
      moved &+= copy(frame, count &- moved, to: memory + moved)
      if offset == frame.byteCount {
        current = nil
        offset = 0
      }
    }
  }

  private mutating func begin() {
    if let pong = pongs.popFirst() {
      current = pong
    } else if let ping = ping.take() {
      current = ping
    } else {
      current = frames.popFirst()
      hasBegunClose = hasClose && frames.isEmpty
    }
  }

  private mutating func copy(_ frame: Frame, _ most: Int, to memory: UnsafeMutableRawPointer) -> Int {
    if offset < frame.head.count {
      let count = min(most, frame.head.count &- offset)
      frame.head.copy(offset..<(offset &+ count), to: memory)
      offset &+= count
      return count
    }
    let start = offset &- frame.head.count
    let count = min(most, frame.payload.readableBytes &- start)
    frame.payload.withUnsafeReadableBytes { bytes in
      let bytes = UnsafeRawBufferPointer(rebasing: bytes[start..<(start &+ count)])
      if let key = frame.key {
        Masking.copy(bytes, to: memory, key: key.advanced(by: start))
      } else if let source = bytes.baseAddress {
        memory.copyMemory(from: source, byteCount: count)
      }
    }
    offset &+= count
    return count
  }
}
