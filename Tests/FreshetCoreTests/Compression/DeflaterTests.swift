// Compatibility of our compressed data with other decompressors.
import CZlib
import FreshetCore
import NIOCore
import Testing

@Suite("Deflater")
struct DeflaterTests {
  private let message = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 / 7) }

  @Test func `zlib's own uncompress() reads deflate data`() throws {
    let data = try Compression.deflate.compress(ByteBuffer(bytes: message)).array
    var length = UInt(message.count)
    var read = [UInt8](repeating: 0, count: message.count)
    #expect(uncompress(&read, &length, data, UInt(data.count)) == Z_OK)
    #expect(read == message && length == UInt(message.count))
  }

  @Test func `gzip data has RFC 1952's header, CRC-32 and length around raw deflate data`() throws {
    var data = try Compression.gzip.compress(ByteBuffer(bytes: message))
    #expect(data.readBytes(length: 3) == [0x1F, 0x8B, 8])
    data.moveReaderIndex(forwardBy: 7)
    let slice = data.readSlice(length: data.readableBytes - 8)
    let raw = try #require(slice)
    #expect(data.readInteger(endianness: .little, as: UInt32.self) == UInt32(crc32(0, message, UInt32(message.count))))
    #expect(data.readInteger(endianness: .little, as: UInt32.self) == UInt32(message.count))
    #expect(inflateRaw(raw.array) == message)
  }

  @Test func `An empty message is a complete, readable stream`() throws {
    let data = try Compression.gzip.compress(ByteBuffer())
    #expect(data.readableBytes == 20)
    #expect(try Compression.gzip.decompress(data, maxBytes: 0).readableBytes == 0)
  }

  private func inflateRaw(_ raw: [UInt8]) -> [UInt8] {
    var input = raw
    var output = [UInt8](repeating: 0, count: message.count + 1)
    var stream = z_stream()
    inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    defer { inflateEnd(&stream) }
    return input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        return inflate(&stream, Z_FINISH) == Z_STREAM_END ? Array(output.prefix(Int(stream.total_out))) : []
      }
    }
  }
}
