// Methods with more than one message format.
import FreshetCore
import FreshetStreams
import NIOCore
import TestSupport
import Testing

@testable import FreshetServer

@Suite(.timeLimit(.minutes(5))) struct MethodFormatTests {
  /// Bytes as hexadecimal text.
  private struct HexCodec: Codec {
    let contentSubtype = "hex"

    func encode(_ message: ByteBuffer, reservingPrefix prefixBytes: Int) throws -> ByteBuffer {
      var bytes = ByteBuffer(repeating: 0, count: prefixBytes)
      for byte in message.readableBytesView { bytes.writeString((byte < 16 ? "0" : "") + String(byte, radix: 16)) }
      return bytes
    }

    func decode(_ bytes: ByteBuffer) throws -> ByteBuffer {
      struct NoHex: Error {}
      let digits = Array(bytes.readableBytesView)
      guard digits.count.isMultiple(of: 2) else { throw NoHex() }
      var decoded = ByteBuffer()
      for index in stride(from: 0, to: digits.count, by: 2) {
        let text = String(decoding: digits[index..<index + 2], as: UTF8.self)
        guard let byte = UInt8(text, radix: 16) else { throw NoHex() }
        decoded.writeInteger(byte)
      }
      return decoded
    }
  }

  /// Returns every byte incremented by one; 255 fails.
  private struct Increments: RPCService {
    let execution: HandlerExecution
    var handlerExecution: HandlerExecution? { execution }

    private func method(_ name: String, _ kind: MethodKind) -> MethodDescriptor<ByteBuffer, ByteBuffer> {
      MethodDescriptor(
        service: "s", method: name, kind: kind, requestCodec: BytesCodec(), responseCodec: BytesCodec(),
        otherFormats: [MethodFormat(requestCodec: HexCodec(), responseCodec: HexCodec())])
    }

    @Sendable private static func next(_ bytes: ByteBuffer) throws -> ByteBuffer {
      if bytes.readableBytesView.contains(255) { throw RPCError(code: .outOfRange, message: "255") }
      return ByteBuffer(bytes: bytes.readableBytesView.map { $0 + 1 })
    }

    var methodHandlers: [MethodHandler] {
      [
        .unary(method("Unary", .unary)) { request, _ in try Self.next(request) },
        .serverStreaming(method("ServerStreaming", .serverStreaming)) { request, _ in
          AsyncGenerator { yield in try await yield(try Self.next(request)) }
        },
        .clientStreaming(method("ClientStreaming", .clientStreaming)) { requests, _ in
          var all = ByteBuffer()
          for try await request in requests { all.writeImmutableBuffer(try Self.next(request)) }
          return all
        },
        .bidirectional(method("Bidirectional", .bidirectional)) { requests, _ in
          AsyncGenerator { yield in for try await request in requests { try await yield(try Self.next(request)) } }
        },
      ]
    }
  }

  private func request(_ method: String, _ type: String) -> [(String, String)] {
    [
      (":method", "POST"), (":scheme", "http"), (":path", "/s/\(method)"), (":authority", "x"), ("content-type", type),
    ]
  }

  @Test(
    arguments: ["Unary", "ServerStreaming", "ClientStreaming", "Bidirectional"],
    [HandlerExecution.eventLoop, .globalPool])
  func `S2: the content-subtype chooses the format of requests and responses`(
    _ method: String, _ execution: HandlerExecution
  ) async throws {
    try await withPeer(Increments(execution: execution)) { peer, _ async throws in
      var id: UInt32 = 1
      for _ in 0..<2 {  // repeated heads are recognised, with their format
        for type in ["application/grpc", "application/grpc+proto", "application/grpc+hex"] {
          let isHex = type.hasSuffix("hex")
          let payload: [UInt8] = isHex ? Array("0a0f".utf8) : [10, 15]
          peer.send(.headers(id, request(method, type)), .data(id, grpcMessage(payload), endStream: true))
          let frames = try await peer.response(on: id)
          #expect(frames[0]["content-type"] == (isHex ? type : "application/grpc"))
          #expect(frames[1].payload == grpcMessage(isHex ? Array("0b10".utf8) : [11, 16]))
          #expect(frames.last?["grpc-status"] == "0")
          id += 2
        }
      }
    }
  }

  @Test func `S2: an unsupported format is HTTP 415`() async throws {
    try await withPeer(Increments(execution: .eventLoop)) { peer, _ async throws in
      for (id, type) in [(1, "application/grpc+json"), (3, "application/grpc+HEX"), (5, "application/grpc+he")] {
        peer.send(.headers(UInt32(id), request("Unary", type), endStream: true))
        #expect(try await peer.response(on: UInt32(id)).first?[":status"] == "415")
      }
    }
  }

  @Test func `a response without messages has the format's content type, and an undecodable request is INTERNAL`()
    async throws
  {
    try await withPeer(Increments(execution: .eventLoop)) { peer, _ async throws in
      for (id, payload, status) in [(1, "ff", "11"), (3, "xx", "13"), (5, "f", "13")] {
        peer.send(
          .headers(UInt32(id), request("Unary", "application/grpc+hex")),
          .data(UInt32(id), grpcMessage(Array(payload.utf8)), endStream: true))
        let frames = try await peer.response(on: UInt32(id))
        #expect(frames.count == 1 && frames[0]["content-type"] == "application/grpc+hex")
        #expect(frames[0]["grpc-status"] == status)
      }
    }
  }

  @Test func `of several formats with one name the first counts`() {
    let method = MethodDescriptor<ByteBuffer, ByteBuffer>(
      service: "s", method: "m", kind: .unary, requestCodec: BytesCodec(), responseCodec: BytesCodec(),
      otherFormats: [
        MethodFormat(requestCodec: BytesCodec(contentSubtype: "proto"), responseCodec: HexCodec()),
        MethodFormat(requestCodec: HexCodec(), responseCodec: HexCodec()),
      ])
    let handler = MethodHandler.unary(method) { request, _ in request }
    #expect(handler.format("") == 0 && handler.format("proto") == 0 && handler.format("hex") == 2)
    #expect(handler.format("json") == nil)
  }
}
