import FreshetCore
import FreshetHTTP
import FreshetWebSocket
import NIOCore
import Testing

@testable import FreshetWeb

@Suite struct CallDialectTests {
  private func read(_ dialect: any CallDialect, _ message: WebSocketMessage) throws -> CallItem {
    switch message {
    case .text(let text): try dialect.read(.text, ByteBuffer(string: text))
    case .binary(let bytes): try dialect.read(.binary, bytes)
    }
  }

  private func head(_ dialect: any CallDialect, _ message: WebSocketMessage) throws -> [String] {
    let fields =
      switch message {
      case .text(let text): try dialect.readHead(.text, ByteBuffer(string: text))
      case .binary(let bytes): try dialect.readHead(.binary, bytes)
      }
    var lines: [String] = []
    fields.forEach { lines.append("\(String(decoding: $0, as: UTF8.self)):\(String(decoding: $1, as: UTF8.self))") }
    return lines
  }

  private func bytes(_ bytes: [UInt8], _ text: String = "") -> WebSocketMessage {
    .binary(ByteBuffer(bytes: bytes + Array(text.utf8)))
  }

  private let answer: HeaderFields = [
    ":status": "200", "content-type": "application/grpc", "a": "1", "b-bin": "AA", "a": "2 \"ü\"",
  ]

  // MARK: Frames

  @Test func `W92: a binary message has its kind in the first byte`() throws {
    let dialect = FrameDialect()
    #expect(try head(dialect, bytes([1])) == [])
    #expect(try head(dialect, bytes([1], "A-b: 1\r\nc:2\r\nc:  3 \r\n")) == ["a-b:1", "c:2", "c:3"])
    #expect(try read(dialect, bytes([2], "xyz")) == .message(ByteBuffer(string: "xyz"), isCompressed: false))
    #expect(try read(dialect, bytes([2])) == .message(ByteBuffer(), isCompressed: false))
    #expect(try read(dialect, bytes([3], "z")) == .message(ByteBuffer(string: "z"), isCompressed: true))
    #expect(try read(dialect, bytes([4])) == .end)
    #expect(try read(dialect, bytes([6, 0, 1, 0, 2])) == .credit(65_538))
  }

  @Test func `W92: what is no frame is an error that says why`() {
    let dialect = FrameDialect()
    let cases: [(WebSocketMessage, String)] = [
      (bytes([]), "empty"), (bytes([0]), "unknown kind 0"), (bytes([7]), "unknown kind 7"), (bytes([4, 0]), "END"),
      (bytes([6]), "CREDIT"), (bytes([6, 0, 0, 1]), "CREDIT"), (bytes([6, 0, 0, 0, 0]), "CREDIT"),
      (bytes([6, 0, 0, 0, 1, 1]), "CREDIT"), (bytes([1]), "again"), (bytes([5]), "servers only"),
      (.text("{}"), "text"),
    ]
    for (message, problem) in cases {
      let error = #expect(throws: RPCError.self) { try read(dialect, message) }
      #expect(error?.code == .internal && error?.message.contains(problem) == true, "\(message)")
    }
    for message in [bytes([]), bytes([2]), bytes([9]), .text("{}"), bytes([1], "no field"), bytes([1], ": a\r\n")] {
      let error = #expect(throws: RPCError.self) { try head(dialect, message) }
      #expect(error?.code == .internal, "\(message)")
    }
  }

  @Test func `W92: frames of the server begin with their kind, and messages keep their memory`() throws {
    let dialect = FrameDialect()
    #expect(dialect.write(head: answer) == ByteBuffer(bytes: [1] + Array("a: 1\r\nb-bin: AA\r\na: 2 \"ü\"\r\n".utf8)))
    #expect(
      dialect.write(end: ["grpc-status": "0"]) == ByteBuffer(bytes: [5] + Array("grpc-status: 0\r\n".utf8)))
    #expect(dialect.write(credit: 258) == ByteBuffer(bytes: [6, 0, 0, 1, 2]))
    for (flag, kind) in [(UInt8(0), UInt8(2)), (1, 3)] {
      var (message, room) = dialect.write(framed: ByteBuffer(bytes: [flag, 0, 0, 0, 2, 8, 9]))
      message.moveReaderIndex(forwardBy: room)
      #expect(message == ByteBuffer(bytes: [kind, 8, 9]) && room == 4)
    }
  }

  // MARK: Text

  @Test func `W92: a text message is JSON, and controls are objects of one member`() throws {
    let dialect = TextDialect()
    #expect(
      try head(dialect, .text(" {\"@headers\": {\"A\": \"1\", \"b\": [\"2\", \"3\"]}} ")) == ["a:1", "b:2", "b:3"])
    #expect(try head(dialect, .text("{\"@headers\":{}}")) == [])
    #expect(try read(dialect, .text("{\"@end\":true}")) == .end)
    #expect(try read(dialect, .text(" { \"@end\" : {} } ")) == .end)
    #expect(try read(dialect, .text("{\"@credit\":17}")) == .credit(17))
    for text in ["{}", "{\"a\":1}", "[1]", "7", "{\"@type\":\"x\",\"@end\":1}", "{\"@type\":\"x\"}", "", "{\"end\":1}"]
    {
      #expect(try read(dialect, .text(text)) == .message(ByteBuffer(string: text), isCompressed: false), "\(text)")
    }
  }

  @Test func `W92: what is no text of the dialect is an error that says why`() {
    let dialect = TextDialect()
    for (text, problem) in [
      ("{\"@credit\":0}", "@credit"), ("{\"@credit\":1.5}", "@credit"), ("{\"@credit\":4294967296}", "@credit"),
      ("{\"@credit\":\"1\"}", "number"), ("{\"@headers\":{}}", "again"), ("{\"@trailers\":{}}", "servers only"),
      ("{\"@end\":", "no JSON"), ("{\"@end\":true}x", "no JSON"),
    ] {
      let error = #expect(throws: RPCError.self) { try read(dialect, .text(text)) }
      #expect(error?.code == .internal && error?.message.contains(problem) == true, "\(text)")
    }
    #expect(throws: RPCError.self) { try read(dialect, bytes([2])) }
    for text in [
      "", "{}", "[]", "{\"a\":1}", "{\"@headers\":1}", "{\"@headers\":{\"a\":1}}", "{\"@headers\":{},\"b\":1}",
    ] {
      #expect(throws: RPCError.self) { try head(dialect, .text(text)) }
    }
  }

  @Test func `W92: the server's head and trailers are objects whose names are in their order`() {
    let dialect = TextDialect()
    #expect(
      dialect.write(head: answer)
        == ByteBuffer(string: "{\"@headers\":{\"a\":[\"1\",\"2 \\\"ü\\\"\"],\"b-bin\":\"AA\"}}"))
    #expect(dialect.write(end: ["grpc-status": "0"]) == ByteBuffer(string: "{\"@trailers\":{\"grpc-status\":\"0\"}}"))
    #expect(dialect.write(credit: 3) == ByteBuffer(string: "{\"@credit\":3}"))
    var (message, room) = dialect.write(framed: ByteBuffer(bytes: [0, 0, 0, 0, 2] + Array("{}".utf8)))
    message.moveReaderIndex(forwardBy: room)
    #expect(message == ByteBuffer(string: "{}"))
  }

  // MARK: grpc-websockets

  @Test func `W90: a client's bytes are gRPC's behind a zero, and a one ends them`() throws {
    let dialect = GRPCWebSocketsDialect()
    #expect(try head(dialect, bytes([], "content-type: x\r\nA: b\r\n")) == ["content-type:x", "a:b"])
    #expect(try head(dialect, bytes([])) == [])
    #expect(try read(dialect, bytes([0, 0, 0])) == .bytes(ByteBuffer(bytes: [0, 0])))
    #expect(try read(dialect, bytes([0])) == .bytes(ByteBuffer()))
    #expect(try read(dialect, bytes([1])) == .end)
    for message in [bytes([]), bytes([1, 0]), bytes([2]), .text("x")] {
      #expect(throws: RPCError.self) { try read(dialect, message) }
    }
    #expect(throws: RPCError.self) { try head(dialect, .text("a: b\r\n")) }
  }

  @Test func `W90: the server's messages are frames of gRPC-Web`() {
    let dialect = GRPCWebSocketsDialect()
    let lines = Array("grpc-status: 0\r\n".utf8)
    #expect(dialect.write(end: ["grpc-status": "0"]) == ByteBuffer(bytes: [0x80, 0, 0, 0, 16] + lines))
    #expect(dialect.write(credit: 1) == nil)
    let message = ByteBuffer(bytes: [0, 0, 0, 0, 1, 7])
    #expect(dialect.write(framed: message) == (message, 0))
  }
}
