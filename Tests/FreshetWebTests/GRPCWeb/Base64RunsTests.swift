// W11, W16: the body of gRPC-Web's text mode.
import FreshetCore
import FreshetWeb
import NIOCore
import Testing

@Suite("Base64Runs")
struct Base64RunsTests {
  private func decode(_ pieces: [[UInt8]]) throws -> [UInt8] {
    var runs = Base64Runs(), output = ByteBuffer()
    for piece in pieces {
      try piece.withUnsafeBytes { try runs.decode($0, into: &output) }
    }
    try runs.finish(into: &output)
    return Array(buffer: output)
  }

  @Test(
    arguments: [
      ("", ""), ("Zm9v", "foo"), ("Zg==", "f"), ("Zm8=", "fo"), ("Zg==Zm8=Zm9v", "ffofoo"),
      ("Zm9vZg==Zm9v", "fooffoo"),
      ("Zg", "f"), ("Zm8", "fo"), ("Zm9vZg", "foof"), ("Z\r\ng=\n=\r\nZm9v\r\n", "ffoo"),
    ])
  func `W11: padding may stand behind any group, and the text is cut anywhere`(text: String, expected: String) throws {
    for pieces in cuts(Array(text.utf8)) {
      #expect(try decode(pieces) == Array(expected.utf8), "\(pieces)")
    }
  }

  @Test(
    arguments: [
      "Z", "Zm9vZ", "=", "Z=", "Z===", "Zg=", "Zg=Z", "Zm8=Z", "Zm9v=", "Zg===", "Zm 9", "Zm9v-_", "Zm9\u{0}", "Zä==",
      "{}",
    ])
  func `W11: anything else is refused, however it is cut`(text: String) {
    for pieces in cuts(Array(text.utf8)) {
      let error = #expect(throws: RPCError.self, "\(pieces)") { try decode(pieces) }
      #expect(error?.code == .internal)
    }
  }

  @Test func `W11: what precedes the junk is decoded`() {
    var runs = Base64Runs(), output = ByteBuffer()
    #expect(throws: RPCError.self) {
      try Array("Zm9v!Zm9v".utf8).withUnsafeBytes { try runs.decode($0, into: &output) }
    }
    #expect(text(output) == "foo")
  }

  @Test func `W16: a flush is a run of its own, which decodes to the same bytes`() throws {
    #expect(text(Base64Runs.encode(ByteBuffer(bytes: [0, 0, 0, 0, 3, 10, 1, 0x7A]))) == "AAAAAAMKAXo=")
    #expect(text(Base64Runs.encode(ByteBuffer())) == "")
    var all: [UInt8] = [], expected: [UInt8] = []
    for length in 0...130 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + length) }
      let run = Array(buffer: Base64Runs.encode(ByteBuffer(bytes: bytes)))
      #expect(run.count % 4 == 0)
      #expect(try decode([run]) == bytes)
      all += run
      expected += bytes
    }
    #expect(try decode([all]) == expected)
  }
}
