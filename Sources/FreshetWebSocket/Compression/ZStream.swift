// What zlib's two directions share: its state in a stable place, and its results as errors.
import CZlib
import NIOCore

/// Raw deflate (RFC 1951) without a container.
enum RawDeflate {
  /// zlib's sign for "no header, no checksum".
  static func windowBits(_ bits: Int) -> Int32 { -Int32(bits) }

  /// The size that zlib's initialisers check, to detect a library that does not match its header.
  static var headerSize: Int32 { Int32(MemoryLayout<z_stream>.size) }

  /// What ends every flushed block, and is not sent (RFC 7692 §7.2.1).
  static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
}

extension UnsafeMutablePointer where Pointee == z_stream {
  /// zlib's own error text.
  var reason: String { pointee.msg.map { String(cString: $0) } ?? "no reason given" }

  /// zlib reads through this pointer only, but its interface predates `const`.
  func setInput(_ bytes: UnsafeRawBufferPointer) {
    pointee.next_in = UnsafeMutablePointer<Bytef>(mutating: bytes.assumingMemoryBound(to: Bytef.self).baseAddress)
    pointee.avail_in = UInt32(bytes.count)
  }

  /// Lets zlib write into the buffer's free space, at most this many bytes.
  func write(
    into buffer: inout ByteBuffer, minimumBytes: Int, maxBytes: Int, _ call: (UnsafeMutablePointer<z_stream>) -> Int32
  ) -> Int32 {
    var answer = Z_OK
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: minimumBytes) { free in
      let room = Swift.min(free.count, maxBytes, Int(Int32.max))
      pointee.next_out = free.baseAddress?.assumingMemoryBound(to: Bytef.self)
      pointee.avail_out = UInt32(room)
      answer = call(self)
      return room - Int(pointee.avail_out)
    }
    return answer
  }
}
