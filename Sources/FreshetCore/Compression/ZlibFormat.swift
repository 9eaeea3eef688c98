// A format's zlib parameters, and zlib's results as errors, for both directions.
import CZlib
import NIOCore

/// The container around the deflate data.
enum ZlibFormat: Sendable {
  /// RFC 1950.
  case zlib
  /// RFC 1952.
  case gzip

  /// zlib's windowBits: 15 for the full window of 32 KiB, and 16 more for the gzip container.
  var windowBits: Int32 {
    switch self {
    case .zlib: 15
    case .gzip: 15 + 16
    }
  }

  /// The name in error messages.
  var name: String {
    switch self {
    case .zlib: "deflate"
    case .gzip: "gzip"
    }
  }
}

extension z_stream {
  /// The size that zlib's initialisers check, to detect a library that does not match its header.
  static var headerSize: Int32 { Int32(MemoryLayout<z_stream>.size) }

  /// zlib's own error text.
  var reason: String { msg.map { String(cString: $0) } ?? "no reason given" }
}

extension ByteBuffer {
  /// Lets zlib write into this buffer's free space, at most this many bytes, and keeps what it wrote.
  mutating func writeOutput<Answer>(
    of stream: inout z_stream, atMost maxBytes: Int, _ call: (inout z_stream) -> Answer
  ) -> Answer {
    var answer: Answer?
    writeWithUnsafeMutableBytes(minimumWritableBytes: 1) { free in
      let room = min(free.count, maxBytes)
      stream.next_out = free.baseAddress?.assumingMemoryBound(to: Bytef.self)
      stream.avail_out = UInt32(room)
      answer = call(&stream)
      return room - Int(stream.avail_out)
    }
    return answer!
  }

  /// Lets zlib read this buffer's bytes during the closure.
  func withInput<Result>(of stream: inout z_stream, _ body: (inout z_stream) throws(RPCError) -> Result)
    throws(RPCError) -> Result
  {
    try withUnsafeReadableBytes { bytes throws(RPCError) in
      // zlib reads through this pointer only, but its interface predates `const`.
      stream.next_in = UnsafeMutablePointer(mutating: bytes.assumingMemoryBound(to: Bytef.self).baseAddress)
      stream.avail_in = UInt32(bytes.count)
      return try body(&stream)
    }
  }
}
