// zstd and brotli: round trips, bounded, and never a wrong message.
import EchoStubs
import Freshet
import FreshetCompressions
import FreshetCore
import NIOCore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct FreshetCompressionsTests {
  private static let names = ["zstd", "br"]
  private static let registry = CompressionRegistry([.gzip, .zstd, .brotli])

  private func compression(_ name: String) throws -> Compression { try #require(Self.registry[name]) }

  private func decompressing(_ bytes: [UInt8], _ name: String, maxBytes: Int = 1_000) throws -> RPCError? {
    let compression = try compression(name)
    do throws(RPCError) {
      _ = try compression.decompress(ByteBuffer(bytes: bytes), maxBytes: maxBytes)
      return nil
    } catch {
      return error
    }
  }

  /// `freshet freshet freshet`, from the programs `zstd` and node.
  private static let madeElsewhere: [String: [UInt8]] = [
    "zstd": [
      0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x75, 0x00, 0x00, 0x40, 0x66, 0x72, 0x65, 0x73, 0x68, 0x65, 0x74, 0x20, 0x01,
      0x00, 0xEB, 0x0A, 0x17, 0xC8, 0xFA, 0xDB, 0xEF,
    ],
    "br": [
      0x1B, 0x16, 0x00, 0xF8, 0x8D, 0x54, 0xB5, 0xBF, 0x36, 0x93, 0x9B, 0xA3, 0x93, 0x65, 0x20, 0x68, 0xA1, 0x4F, 0x38,
      0x20, 0xD4, 0x0E,
    ],
  ]

  @Test(arguments: names) func `what other programs compress is decompressed`(name: String) throws {
    let bytes = ByteBuffer(bytes: try #require(Self.madeElsewhere[name]))
    #expect(String(buffer: try compression(name).decompress(bytes, maxBytes: 23)) == "freshet freshet freshet")
  }

  @Test(arguments: names) func `any message round-trips`(name: String) throws {
    let compression = try compression(name)
    var random = SeededRandom(seed: 4)
    let noise = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    for message in [[], [0], Array("streams all the way down".utf8), [UInt8](repeating: 7, count: 3_000_000), noise] {
      let small = try compression.compress(ByteBuffer(bytes: message))
      #expect(Array(buffer: try compression.decompress(small, maxBytes: message.count)) == message)
      if message.count > 1_000_000 { #expect(small.readableBytes < 1_000) }
    }
  }

  @Test(arguments: names) func `S5: a message beyond the bound is refused, and memory stops there`(name: String) throws
  {
    let bomb = Array(buffer: try compression(name).compress(ByteBuffer(repeating: 0, count: 50_000_000)))
    #expect(bomb.count < 10_000)
    for bound in [0, 1, 999, 4_000_000, 49_999_999] {
      #expect(try decompressing(bomb, name, maxBytes: bound)?.code == .resourceExhausted)
    }
    #expect(try decompressing(bomb, name, maxBytes: 50_000_000) == nil)
  }

  @Test(arguments: names) func `S5: what is cut short anywhere, corrupt or nothing at all is INTERNAL`(
    name: String
  ) throws {
    let text = Array("a message of some words, and of some more".utf8)
    let whole = Array(buffer: try compression(name).compress(ByteBuffer(bytes: text)))
    for count in whole.indices { #expect(try decompressing(Array(whole[..<count]), name)?.code == .internal) }
    #expect(try decompressing([0xFF] + whole, name)?.code == .internal)
    #expect(try decompressing(whole + [0xFF], name)?.code == .internal)
    let cut = try decompressing(Array(whole.dropLast()), name)
    #expect(cut?.message == "decompressing a message of \(whole.count - 1) bytes with \(name) failed")
    #expect(cut?.cause.map { "\($0)" } == "it is cut short")
  }

  @Test func `a message in several zstd frames is one message`() throws {
    let zstd = Compression.zstd
    var frames = try zstd.compress(ByteBuffer(bytes: [1, 2]))
    frames.writeImmutableBuffer(try zstd.compress(ByteBuffer()))
    frames.writeImmutableBuffer(try zstd.compress(ByteBuffer(bytes: [3])))
    #expect(Array(buffer: try zstd.decompress(frames, maxBytes: 3)) == [1, 2, 3])
    #expect(try decompressing(Array(buffer: frames), "zstd", maxBytes: 2)?.code == .resourceExhausted)
  }

  /// RFC 9659: 8 MiB at most. The frame's header asks for 16 MiB, and for 128 MiB.
  @Test(arguments: [UInt8(14 << 3), 17 << 3]) func `a zstd window beyond the bound is refused before it is allocated`(
    window: UInt8
  ) throws {
    let error = try decompressing([0x28, 0xB5, 0x2F, 0xFD, 0x00, window, 0x09, 0x00, 0x00, 0x07], "zstd")
    #expect(error?.code == .internal)
    #expect(error?.cause.map { "\($0)" } == "Frame requires too much memory for decoding")
    #expect(try decompressing([0x28, 0xB5, 0x2F, 0xFD, 0x00, 13 << 3, 0x09, 0x00, 0x00, 0x07], "zstd") == nil)
  }

  @Test(arguments: names) func `calls are compressed both ways`(name: String) async throws {
    let compression = try compression(name)
    let text = String(repeating: "freshet ", count: 10_000)
    var configuration = ServerConfiguration()
    configuration.compressions = Self.registry
    configuration.compression = compression
    let service = Echo_V1_Echo.Fake(get: { request, context in
      #expect(context.metadata["grpc-encoding"] == nil)  // consumed by the runtime
      return request
    })
    let server = Server(services: [service], configuration: configuration)
    let channel = server.inProcessChannel(configuration: .init { $0.compressions = Self.registry })
    let echo = Echo_V1_Echo.Client(channel)
    let request = Echo_V1_Message.with { $0.text = text }
    let answer: Echo_V1_Message = try await echo.get(request, options: CallOptions(compression: compression))
    #expect(answer.text == text)
  }
}
