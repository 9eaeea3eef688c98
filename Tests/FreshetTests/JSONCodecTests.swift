// ProtoJSON in frames.
import EchoStubs
import FreshetCore
import NIOCore
import SwiftProtobuf
import Testing

@testable import Freshet

@Suite struct JSONCodecTests {
  private func decode<Message: SwiftProtobuf.Message>(_ text: String, as type: Message.Type) throws -> Message {
    try JSONCodec<Message>().decode(ByteBuffer(string: text))
  }

  private func encode(_ message: some SwiftProtobuf.Message) throws -> String {
    String(buffer: try coder(message).encode(message, reservingPrefix: 0))
  }

  private func coder<Message: SwiftProtobuf.Message>(_ message: Message) -> JSONCodec<Message> { JSONCodec() }

  @Test func `W42: 64-bit integers are strings when written, and strings or whole numbers when read`() throws {
    #expect(try encode(Google_Protobuf_Int64Value(1 << 60)) == "\"1152921504606846976\"")
    for text in ["\"100\"", "100", "1e2", "100.0"] {
      #expect(try decode(text, as: Google_Protobuf_Int64Value.self).value == 100, "\(text)")
    }
    for text in ["1.5", "\"x\"", "true", "1e30"] {
      #expect(throws: (any Error).self) { try decode(text, as: Google_Protobuf_Int64Value.self) }
    }
  }

  @Test func `W42: numbers that JSON does not have are strings`() throws {
    #expect(try encode(Google_Protobuf_DoubleValue(.infinity)) == "\"Infinity\"")
    #expect(try encode(Google_Protobuf_DoubleValue(-.infinity)) == "\"-Infinity\"")
    #expect(try encode(Google_Protobuf_DoubleValue(.nan)) == "\"NaN\"")
    #expect(try decode("\"NaN\"", as: Google_Protobuf_DoubleValue.self).value.isNaN)
  }

  @Test func `W42: bytes are written in padded base64, and read in either alphabet, padded or not`() throws {
    #expect(try encode(Google_Protobuf_BytesValue(.init([0xFB, 0xFF, 0xFE, 0x01]))) == "\"+//+AQ==\"")
    for text in ["\"+//+AQ==\"", "\"+//+AQ\"", "\"-__-AQ==\"", "\"-__-AQ\""] {
      #expect(
        Array(try decode(text, as: Google_Protobuf_BytesValue.self).value) == [0xFB, 0xFF, 0xFE, 0x01], "\(text)")
    }
  }

  @Test func `W42: null is an absent field, and defaults are not written`() throws {
    #expect(try decode("{\"text\":null}", as: Echo_V1_Message.self) == Echo_V1_Message())
    #expect(try encode(Echo_V1_Message()) == "{}")
    #expect(try encode(Echo_V1_Message.with { $0.text = "ü\n" }) == "{\"text\":\"ü\\n\"}")
  }

  @Test func `W42: points in time are RFC 3339 in UTC, and durations seconds`() throws {
    let time = Google_Protobuf_Timestamp.with {
      $0.seconds = 1
      $0.nanos = 500_000_000
    }
    #expect(try encode(time) == "\"1970-01-01T00:00:01.500Z\"")
    #expect(try decode("\"1970-01-01T01:00:01.5+01:00\"", as: Google_Protobuf_Timestamp.self) == time)
    #expect(try encode(Google_Protobuf_Duration.with { $0.seconds = -3 }) == "\"-3s\"")
  }

  @Test func `W44: unknown fields are ignored, and what is no JSON throws`() throws {
    #expect(try decode("{\"text\":\"a\",\"new\":[{}]}", as: Echo_V1_Message.self).text == "a")
    for text in ["", "{", "[]", "{\"text\":1}", "{} {}"] {
      #expect(throws: (any Error).self) { try decode(text, as: Echo_V1_Message.self) }
    }
  }

  @Test func `W47: every method of protobuf messages has JSON as its second format`() {
    let codec = ProtobufCodec<Echo_V1_Message>()
    let method = MethodDescriptor(service: "a.B", method: "C", kind: .unary, requestCodec: codec, responseCodec: codec)
    #expect(method.formatNames == ["proto", "json"])
  }
}
