// A codec for bytes leaves room for the prefix and decodes without a copy.
import FreshetCore
import NIOCore
import Testing

@Suite("BytesCodec")
struct BytesCodecTests {
  @Test func `Encoding puts the requested number of zero bytes before the message`() throws {
    let codec = BytesCodec()
    #expect(try codec.encode(ByteBuffer(bytes: [7, 8]), reservingPrefix: 5).array == [0, 0, 0, 0, 0, 7, 8])
    #expect(try codec.encode(ByteBuffer(), reservingPrefix: 0).array == [])
    #expect(codec.contentSubtype == "proto" && BytesCodec(contentSubtype: "json").contentSubtype == "json")
  }

  @Test func `Decoding copies nothing`() throws {
    let bytes = ByteBuffer(bytes: [1, 2, 3])
    let decoded = try BytesCodec().decode(bytes)
    #expect(decoded == bytes && decoded.address == bytes.address)
  }
}
