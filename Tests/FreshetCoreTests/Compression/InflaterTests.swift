// S5: compressed data from a peer: bombs, damage, and the output of other zlibs.
import CZlib
import FreshetCore
import NIOCore
import TestSupport
import Testing

@Suite("Inflater")
struct InflaterTests {
  private static let text = Array("streams all the way down, down, down".utf8)
  // Made by Python 3.11: gzip.compress(text, mtime=0) and zlib.compress(text).
  private static let gzipByPython: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 43, 46, 41, 74, 77, 204, 45, 86, 72, 204, 201, 81, 40, 201, 72, 85, 40, 79, 172,
    84, 72, 201, 47, 207, 211, 65, 34, 1, 208, 24, 91, 123, 36, 0, 0, 0,
  ]
  private static let zlibByPython: [UInt8] = [
    120, 156, 43, 46, 41, 74, 77, 204, 45, 86, 72, 204, 201, 81, 40, 201, 72, 85, 40, 79, 172, 84, 72, 201, 47, 207,
    211, 65, 34, 1, 246, 52, 13, 11,
  ]

  private static let byPython = [(Compression.gzip, gzipByPython), (.deflate, zlibByPython)]

  @Test func `Another program's data is decompressed`() throws {
    for (compression, data) in InflaterTests.byPython {
      #expect(try compression.decompress(ByteBuffer(bytes: data), maxBytes: 36).array == InflaterTests.text)
    }
  }

  @Test func `deflate is RFC 1950's format, so zlib's own compress() works`() throws {
    let message = [UInt8](repeating: 9, count: 50_000)
    var length = compressBound(UInt(message.count))
    var data = [UInt8](repeating: 0, count: Int(length))
    #expect(compress(&data, &length, message, UInt(message.count)) == Z_OK)
    let read = try Compression.deflate.decompress(ByteBuffer(bytes: data.prefix(Int(length))), maxBytes: 50_000)
    #expect(read.array == message)
  }

  @Test(arguments: ["gzip", "deflate"])
  func `S5: a bomb of 64 MiB stops at the limit, which the error names`(name: String) throws {
    let compression = try #require(CompressionRegistry.standard[name])
    let bomb = try compression.compress(ByteBuffer(repeating: 0, count: 64 << 20))
    #expect(bomb.readableBytes < 70_000)
    let error = rpcError { () throws(RPCError) in try compression.decompress(bomb, maxBytes: 1 << 20) }
    #expect(error?.code == .resourceExhausted)
    #expect(error?.message.contains("1048576 bytes (maxReceiveMessageBytes)") == true)
  }

  @Test func `S5: exactly the limit passes, one byte more does not`() throws {
    for count in [0, 1, 255, 256, 257, 4096, 70_000] {
      let small = try Compression.gzip.compress(ByteBuffer(repeating: 1, count: count))
      #expect(try Compression.gzip.decompress(small, maxBytes: count).readableBytes == count)
      guard count > 0 else { continue }
      let error = rpcError { () throws(RPCError) in try Compression.gzip.decompress(small, maxBytes: count - 1) }
      #expect(error?.code == .resourceExhausted)
    }
  }

  @Test func `A message of half its limit takes no more memory than the next power of two`() throws {
    let small = try Compression.gzip.compress(ByteBuffer(repeating: 1, count: 1000))
    #expect(try Compression.gzip.decompress(small, maxBytes: 1 << 30).storageCapacity <= 1024)
  }

  @Test(arguments: ["gzip", "deflate"])
  func `S5: data cut short at any byte is INTERNAL`(name: String) throws {
    let compression = try #require(CompressionRegistry.standard[name])
    let whole = name == "gzip" ? InflaterTests.gzipByPython : InflaterTests.zlibByPython
    for count in 0..<whole.count {
      let error = rpcError { () throws(RPCError) in
        try compression.decompress(ByteBuffer(bytes: whole.prefix(count)), maxBytes: 1000)
      }
      #expect(error?.code == .internal, "\(count) bytes")
      #expect(error?.message.contains("cut short") == true, "\(count) bytes: \(String(describing: error))")
    }
  }

  @Test(arguments: ["gzip", "deflate"])
  func `S5: damage to any bit fails or has no effect, never gives another message`(name: String) throws {
    let compression = try #require(CompressionRegistry.standard[name])
    let whole = name == "gzip" ? InflaterTests.gzipByPython : InflaterTests.zlibByPython
    var failures = 0
    for bit in 0..<whole.count * 8 {
      var damaged = whole
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      do throws(RPCError) {
        #expect(try compression.decompress(ByteBuffer(bytes: damaged), maxBytes: 1000).array == InflaterTests.text)
      } catch {
        #expect(error.code == .internal || error.code == .resourceExhausted)
        failures += 1
      }
    }
    // Not checked: gzip's time (4 bytes), extra flags, system, and the bit for "probably text".
    #expect(failures >= whole.count * 8 - (name == "gzip" ? 49 : 0))
  }

  @Test func `S5: bytes after the end are INTERNAL`() {
    for (compression, data) in InflaterTests.byPython {
      let error = rpcError { () throws(RPCError) in
        try compression.decompress(ByteBuffer(bytes: data + [0, 0, 0]), maxBytes: 1000)
      }
      #expect(error?.code == .internal && error?.message.contains("3 bytes follow") == true)
    }
  }

  @Test func `S5: the wrong format is INTERNAL, including raw deflate data`() {
    for (compression, data) in [
      (Compression.gzip, InflaterTests.zlibByPython), (.deflate, InflaterTests.gzipByPython),
      (.deflate, Array(InflaterTests.zlibByPython.dropFirst(2).dropLast(4))),
    ] {
      let error = rpcError { () throws(RPCError) in try compression.decompress(ByteBuffer(bytes: data), maxBytes: 99) }
      #expect(error?.code == .internal)
    }
  }

  @Test func `Random bytes cause an error, never a crash`() {
    var random = SeededRandom.forTest("Inflater.noiseFails")
    for _ in 0..<2000 {
      let noise = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      // After valid headers, so that the noise reaches the decoder.
      for (compression, head) in [(Compression.gzip, InflaterTests.gzipByPython.prefix(10)), (.deflate, [120, 156])] {
        let error = rpcError { () throws(RPCError) in
          try compression.decompress(ByteBuffer(bytes: head + noise), maxBytes: 10_000)
        }
        #expect(error != nil)
      }
    }
  }
}
