// Follows nghttp2 through the bytes that it receives, to detect the frames that it silently skips.
import CNGHTTP2

/// nghttp2 reports no DATA of a stream that is closed or being reset, no CONTINUATION of a block that it ignores, and
/// no frame of an unknown type. The cursor knows where the next frame begins in the received bytes: if that is not the
/// one that nghttp2 reports, it was skipped. Confined to the session's loop.
struct FrameCursor {
  /// The header of a frame (RFC 9113 §4.1).
  struct Header {
    static let bytes = 9

    let payloadBytes: Int
    let type: UInt8
    let flags: UInt8
    let streamID: Int32

    fileprivate init(_ start: UnsafeRawPointer) {
      let lengthAndType = UInt32(bigEndian: start.loadUnaligned(as: UInt32.self))
      payloadBytes = Int(lengthAndType >> 8)
      type = UInt8(truncatingIfNeeded: lengthAndType)
      flags = start.load(fromByteOffset: 4, as: UInt8.self)
      streamID = FrameCursor.streamID(start)
    }

    var isEndStream: Bool { UInt32(flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0 }
  }

  /// The bytes being received; nil between two calls.
  private var bytes: UnsafeRawPointer?
  private var count = 0
  /// Where the next frame begins in `bytes`, or after them.
  private var next: Int
  /// The last offset at which a whole header fits; negative if there is none, or while `cut` comes first.
  private var lastStart = -1
  /// The beginning of a header that was split between two reads.
  private var cut: [UInt8] = []

  /// - Parameter prefaceBytes: how many bytes precede the first frame.
  init(prefaceBytes: Int) { next = prefaceBytes }

  /// nghttp2 is about to receive these bytes.
  mutating func begin(_ received: UnsafeRawBufferPointer) {
    bytes = received.baseAddress
    count = received.count
    lastStart = count - Header.bytes
    if !cut.isEmpty { join(received) }
  }

  /// A split header comes first.
  private mutating func join(_ received: UnsafeRawBufferPointer) {
    let missing = Header.bytes - cut.count
    cut.append(contentsOf: received.prefix(missing))
    next = min(missing, count)
    lastStart = -1
  }

  /// nghttp2 has processed all bytes.
  mutating func end() {
    if next < count, let bytes {
      cut.append(contentsOf: UnsafeRawBufferPointer(start: bytes + next, count: count - next))
      next = count
    }
    next -= count
    bytes = nil
    lastStart = -1
  }

  /// Advances past the frame that nghttp2 reports, if that is the next one.
  @inline(__always)
  mutating func pass(_ shown: nghttp2_frame_hd) -> Bool {
    guard next <= lastStart, let bytes else { return false }
    let start = bytes + next
    // Skipped and reported frames differ in type, or are DATA of different streams.
    guard start.load(fromByteOffset: 3, as: UInt8.self) == shown.type else { return false }
    if shown.type == UInt8(NGHTTP2_DATA.rawValue), Self.streamID(start) != shown.stream_id { return false }
    next &+= Header.bytes &+ shown.length
    return true
  }

  /// The next frame, if it was skipped before the one that nghttp2 reports; nil once that one was reached.
  mutating func skipped(before shown: nghttp2_frame_hd) -> Header? {
    guard let header = skipped() else { return nil }
    let isShown =
      header.type == shown.type && header.payloadBytes == shown.length && header.streamID == shown.stream_id
    return isShown ? nil : header
  }

  /// The next frame, which nghttp2 has not reported, if its header is complete.
  mutating func skipped() -> Header? {
    if !cut.isEmpty {
      guard cut.count == Header.bytes else { return nil }
      let header = cut.withUnsafeBytes { $0.baseAddress.map { Header($0) } }
      cut = []
      lastStart = count - Header.bytes
      if let header { next += header.payloadBytes }
      return header
    }
    guard next <= lastStart, let bytes else { return nil }
    let header = Header(bytes + next)
    next += Header.bytes + header.payloadBytes
    return header
  }

  /// Whether nghttp2 has reported every frame that begins in the bytes.
  @inline(__always)
  var isAtEnd: Bool { next >= count && cut.isEmpty }

  private static func streamID(_ start: UnsafeRawPointer) -> Int32 {
    Int32(UInt32(bigEndian: start.loadUnaligned(fromByteOffset: 5, as: UInt32.self)) & 0x7fff_ffff)
  }
}
