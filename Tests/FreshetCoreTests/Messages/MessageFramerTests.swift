// The five bytes before a message, written in place.
import FreshetCore
import NIOCore
import Testing

@Suite("MessageFramer")
struct MessageFramerTests {
  private func encoded(_ payload: [UInt8]) throws -> ByteBuffer {
    try BytesCodec().encode(ByteBuffer(bytes: payload), reservingPrefix: MessageFramer.prefixBytes)
  }

  @Test func `S7: the prefix is a zero flag and the length in big endian, also for an empty message`() throws {
    let framer = MessageFramer(compression: nil)
    #expect(try framer.frame(encoded([9, 8, 7]), compressed: false).array == [0, 0, 0, 0, 3, 9, 8, 7])
    #expect(try framer.frame(encoded([]), compressed: false).array == [0, 0, 0, 0, 0])
    let long = try framer.frame(encoded(Array(repeating: 1, count: 0x01_02_03)), compressed: false)
    #expect(long.array.prefix(5) == [0, 0, 1, 2, 3])
  }

  @Test func `An unshared message is framed in place`() throws {
    let message = try encoded(Array(repeating: 5, count: 100_000))
    let address = message.address
    let framed = try MessageFramer(compression: nil).frame(consume message, compressed: false)
    #expect(framed.address == address)
  }

  @Test func `A message that the caller retains is not changed`() throws {
    let message = try encoded([1])
    _ = try MessageFramer(compression: nil).frame(message, compressed: false)
    #expect(message.array == [0, 0, 0, 0, 0, 1])
  }

  @Test func `A message after consumed bytes is framed in place`() throws {
    var message = ByteBuffer(bytes: [99, 99])
    message.writeImmutableBuffer(try encoded([4]))
    message.moveReaderIndex(forwardBy: 2)
    #expect(try MessageFramer(compression: nil).frame(message, compressed: false).array == [0, 0, 0, 0, 1, 4])
  }

  @Test func `S6: compression is chosen per message, and its flag is set only where it was used`() throws {
    let payload = [UInt8](repeating: 3, count: 5000)
    let framer = MessageFramer(compression: .gzip)
    var small = try framer.frame(encoded(payload), compressed: true)
    #expect(small.readableBytes < 200)
    #expect(small.readInteger(as: UInt8.self) == 1)
    #expect(small.readInteger(as: UInt32.self) == UInt32(small.readableBytes))
    #expect(try Compression.gzip.decompress(small, maxBytes: 5000).array == payload)
    #expect(try framer.frame(encoded(payload), compressed: false).array == framed(payload))
    #expect(try MessageFramer(compression: nil).frame(encoded(payload), compressed: true).array == framed(payload))
  }

  @Test func `A compression that fails is INTERNAL`() throws {
    struct Jammed: Error {}
    let jammed = Compression(name: "jam", compress: { _ in throw Jammed() }, decompress: { bytes, _ in bytes })
    let message = try encoded([1])
    let error = rpcError { () throws(RPCError) in
      try MessageFramer(compression: jammed).frame(message, compressed: true)
    }
    #expect(error?.code == .internal && error?.cause is Jammed)
  }
}
