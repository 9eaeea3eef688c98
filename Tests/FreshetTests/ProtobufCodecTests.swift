// SwiftProtobuf's messages in frames.
import EchoStubs
import FreshetCore
import NIOCore
import SwiftProtobuf
import TestSupport
import Testing

@testable import Freshet

@Suite struct ProtobufCodecTests {
  private let codec = ProtobufCodec<Echo_V1_Message>()

  private static let texts = [
    "", "a", "hello", "ü☺😈", String(repeating: "x", count: 127), String(repeating: "y", count: 200_000),
  ]

  @Test(arguments: texts)
  func `the bytes are SwiftProtobuf's own, after a free prefix`(text: String) throws {
    let message = Echo_V1_Message.with { $0.text = text }
    let expected: [UInt8] = try message.serializedBytes()
    for prefix in [0, 1, 4, 5, 6, 20] {
      let bytes = Array(try codec.encode(message, reservingPrefix: prefix).readableBytesView)
      #expect(bytes.count == prefix + expected.count)
      #expect(bytes.dropFirst(prefix).elementsEqual(expected))
    }
  }

  @Test func `an empty message is just its prefix`() throws {
    #expect(try codec.encode(Echo_V1_Message(), reservingPrefix: 5).readableBytes == 5)
    #expect(try codec.decode(ByteBuffer()) == Echo_V1_Message())
    let frame = try MessageFramer(compression: nil).frame(
      codec.encode(Echo_V1_Message(), reservingPrefix: 5), compressed: false)
    #expect(Array(frame.readableBytesView) == [0, 0, 0, 0, 0])
  }

  @Test(arguments: texts)
  func `a message round-trips`(text: String) throws {
    let message = Echo_V1_Message.with { $0.text = text }
    var buffer = try codec.encode(message, reservingPrefix: 5)
    buffer.moveReaderIndex(forwardBy: 5)
    #expect(try codec.decode(buffer) == message)
  }

  @Test func `only the readable bytes are decoded`() throws {
    let bytes: [UInt8] = try Echo_V1_Message.with { $0.text = "inner" }.serializedBytes()
    var buffer = ByteBuffer(bytes: [0xff, 0xff] + bytes + [0xff])
    buffer.moveReaderIndex(forwardBy: 2)
    buffer.moveWriterIndex(to: buffer.writerIndex - 1)
    #expect(try codec.decode(buffer).text == "inner")
  }

  @Test func `a well-known message with nested and unknown fields has the same bytes`() throws {
    let structCodec = ProtobufCodec<Google_Protobuf_Struct>()
    var nested = Google_Protobuf_Struct()
    nested.fields["a"] = Google_Protobuf_Value(numberValue: 1)
    var message = try Google_Protobuf_Struct(serializedBytes: [0x78, 0x05])  // field 15, unknown
    message.fields["n"] = Google_Protobuf_Value(structValue: nested)
    let expected: [UInt8] = try message.serializedBytes()
    #expect(Array(try structCodec.encode(message, reservingPrefix: 5).readableBytesView.dropFirst(5)) == expected)
  }

  @Test(arguments: [[0xff], [0x0a, 0x05, 0x61], [0x0a, 0x01, 0xff], [0x0b]] as [[UInt8]])
  func `invalid bytes throw`(bytes: [UInt8]) {
    #expect(throws: (any Error).self) { try codec.decode(ByteBuffer(bytes: bytes)) }
  }

  @Test(arguments: 0..<100) func `random bytes never crash`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<20 {
      let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      _ = try? codec.decode(ByteBuffer(bytes: bytes))
    }
  }

  @Test func `its content subtype is proto`() { #expect(codec.contentSubtype == "proto") }
}
