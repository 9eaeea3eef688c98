// Messages into bytes and back, and what is said of those that fail.
import FreshetCore
import NIOCore
import Testing

@Suite("MessageCoder")
struct MessageCoderTests {
  private struct Broken: Codec {
    struct Failure: Error {}
    let contentSubtype = "broken"
    func encode(_ message: Int, reservingPrefix prefixBytes: Int) throws -> ByteBuffer { throw Failure() }
    func decode(_ bytes: ByteBuffer) throws -> Int { throw Failure() }
  }

  @Test(arguments: [nil, Compression.gzip])
  func `What is encoded and framed, compressed or not, is decompressed and decoded`(compression: Compression?) throws {
    let message = ByteBuffer(repeating: 7, count: 1000)
    let coder = MessageCoder.requests
    let frame = try coder.frame(coder.encode(message, BytesCodec(), of: "/s/m"), compression, of: "/s/m")
    var deframer = MessageDeframer(maxMessageBytes: 1000)
    frame.withUnsafeReadableBytes { deframer.append($0) }
    let received = try #require(try deframer.next())
    #expect(received.isCompressed == (compression != nil))
    var payload = received.payload
    if received.isCompressed { payload = try coder.decompress(payload, compression, maxBytes: 1000) }
    #expect(try coder.decode(payload, BytesCodec(), of: "/s/m") == message)
  }

  @Test(arguments: [(MessageCoder.requests, "a request"), (.responses, "a response")])
  func `An error is INTERNAL, has its cause, and names the method and the kind of message`(
    coder: MessageCoder, kind: String
  ) {
    let encoding = rpcError { () throws(RPCError) in try coder.encode(1, Broken(), of: "/s/m") }
    #expect(encoding?.code == .internal && encoding?.cause is Broken.Failure)
    #expect(encoding?.message.hasPrefix("\(kind) of /s/m cannot be encoded: ") == true)
    let decoding = rpcError { () throws(RPCError) in try coder.decode(ByteBuffer(), Broken(), of: "/s/m") }
    #expect(decoding?.code == .internal && decoding?.cause is Broken.Failure)
    #expect(decoding?.message.hasPrefix("\(kind) of /s/m cannot be decoded: ") == true)
  }

  @Test func `A compression that fails is INTERNAL`() throws {
    struct Jammed: Error {}
    let jammed = Compression(name: "jam", compress: { _ in throw Jammed() }, decompress: { bytes, _ in bytes })
    let encoded = try MessageCoder.responses.encode(ByteBuffer(), BytesCodec(), of: "/s/m")
    let error = rpcError { () throws(RPCError) in try MessageCoder.responses.frame(encoded, jammed, of: "/s/m") }
    #expect(error?.code == .internal)
    #expect(error?.message.hasPrefix("a response of /s/m cannot be encoded: ") == true)
  }

  @Test func `S5: a compressed message without a named compression is INTERNAL, a large one RESOURCE_EXHAUSTED`()
    throws
  {
    let unnamed = rpcError { () throws(RPCError) in
      try MessageCoder.responses.decompress(ByteBuffer(), nil, maxBytes: 10)
    }
    #expect(unnamed?.code == .internal && unnamed?.message.hasPrefix("a response is marked as compressed") == true)
    var large = ByteBuffer()
    try Compression.gzip.compress(ByteBuffer(repeating: 1, count: 11), into: &large)
    let compressed = large
    let refused = rpcError { () throws(RPCError) in
      try MessageCoder.requests.decompress(compressed, .gzip, maxBytes: 10)
    }
    #expect(refused?.code == .resourceExhausted)
  }
}
