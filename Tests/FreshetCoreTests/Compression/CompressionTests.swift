// gzip, deflate and custom compressions: round trips, bounded, and never a wrong message.
import FreshetCore
import NIOCore
import TestSupport
import Testing

@Suite("Compression")
struct CompressionTests {
  @Test(arguments: ["gzip", "deflate"])
  func `Any message round-trips`(name: String) throws {
    let compression = try #require(CompressionRegistry.standard[name])
    var random = SeededRandom(seed: 4)
    let noise = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    for message in [[], [0], Array("streams all the way down".utf8), [UInt8](repeating: 7, count: 300_000), noise] {
      let small = try compression.compress(ByteBuffer(bytes: message))
      #expect(try compression.decompress(small, maxBytes: message.count).array == message)
    }
  }

  @Test func `Compressing into a buffer keeps its content`() throws {
    var output = ByteBuffer(bytes: [1, 2, 3])
    try Compression.gzip.compress(ByteBuffer(bytes: [5, 5]), into: &output)
    #expect(output.readBytes(length: 3) == [1, 2, 3])
    #expect(try Compression.gzip.decompress(output, maxBytes: 2).array == [5, 5])
  }

  @Test func `A compression of the application's own is used in both directions`() throws {
    let backwards = Compression(
      name: "backwards", compress: { ByteBuffer(bytes: $0.readableBytesView.reversed()) },
      decompress: { bytes, _ in ByteBuffer(bytes: bytes.readableBytesView.reversed()) })
    let small = try backwards.compress(ByteBuffer(bytes: [1, 2]))
    #expect(small.array == [2, 1])
    #expect(try backwards.decompress(small, maxBytes: 2).array == [1, 2])
  }

  @Test func `S5: a custom decompression that ignores the bound is refused anyway`() {
    let greedy = Compression(
      name: "greedy", compress: { $0 }, decompress: { _, _ in ByteBuffer(bytes: [UInt8](repeating: 0, count: 100)) })
    let error = rpcError { () throws(RPCError) in try greedy.decompress(ByteBuffer(), maxBytes: 99) }
    #expect(error?.code == .resourceExhausted)
  }

  @Test func `S5: an error of a custom decompression is INTERNAL with its cause, an RPCError is kept`() {
    let broken = Compression(name: "broken", compress: { $0 }, decompress: { _, _ in throw Broken(1) })
    let error = rpcError { () throws(RPCError) in try broken.decompress(ByteBuffer(), maxBytes: 9) }
    #expect(error?.code == .internal && error?.cause as? Broken == Broken(1))
    let typed = Compression(
      name: "typed", compress: { $0 }, decompress: { _, _ in throw RPCError(code: .dataLoss, message: "") })
    #expect(rpcError { () throws(RPCError) in try typed.decompress(ByteBuffer(), maxBytes: 9) }?.code == .dataLoss)
  }
}
