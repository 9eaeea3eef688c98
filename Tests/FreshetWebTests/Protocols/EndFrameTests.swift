// W21, W40: the frame that ends a response.
import FreshetCore
import FreshetWeb
import NIOCore
import Testing

@Suite("EndFrame")
struct EndFrameTests {
  private func read(
    _ pieces: [[UInt8]], flag: UInt8 = GRPCWebTrailers.flag, maxBytes: Int = 100
  ) throws -> (messages: [UInt8], end: EndFrame.Payload?) {
    var frame = EndFrame(flag: flag, maxBytes: maxBytes), messages = ByteBuffer()
    for piece in pieces { try piece.withUnsafeBytes { try frame.take($0, into: &messages) } }
    return (Array(buffer: messages), try frame.finish())
  }

  @Test(arguments: [GRPCWebTrailers.flag, ConnectEnd.flag])
  func `The last frame is kept, and all before it is let through, however it is cut`(flag: UInt8) throws {
    let messages = framed(0, "abc") + framed(0, "") + framed(1, String(repeating: "x", count: 300))
    for (bit, isCompressed) in [(UInt8(0), false), (1, true)] {
      for payload in ["", "grpc-status: 0\r\n"] {
        for pieces in cuts(messages + framed(flag | bit, payload)) {
          let (through, end) = try read(pieces, flag: flag)
          #expect(through == messages)
          #expect(end == EndFrame.Payload(isCompressed: isCompressed, bytes: ByteBuffer(string: payload)))
        }
      }
    }
  }

  @Test func `Without a last frame there is none, and what is cut short is for the deframer`() throws {
    let message = framed(0, "abc")
    for length in 0...message.count {
      let (through, end) = try read([Array(message[..<length])])
      #expect(through == Array(message[..<length]))
      #expect(end == nil)
    }
  }

  @Test func `Flags that are no end are let through`() throws {
    for flag in [UInt8(2), 3, 4, 0x40, 0x82, 0xFF] {
      #expect(try read([framed(flag, "a")]).messages == framed(flag, "a"))
    }
    #expect(try read([framed(0x80, "a")], flag: ConnectEnd.flag).messages == framed(0x80, "a"))
  }

  @Test func `W21, W40: bytes behind the end are INTERNAL, and an end that is cut short is, too`() {
    let end = framed(0x80, "a: b\r\n")
    for pieces in cuts(end + framed(0, "")) + [[end, end]] + (6..<end.count).map({ [Array(end[..<$0])] }) {
      let error = #expect(throws: RPCError.self, "\(pieces)") { try read(pieces) }
      #expect(error?.code == .internal)
    }
  }

  @Test func `An end is as long as the bound, and not a byte longer`() throws {
    #expect(try read([framed(0x80, "12345678")], maxBytes: 8).end != nil)
    let error = #expect(throws: RPCError.self) { try read([Array(framed(0x80, "123456789")[..<5])], maxBytes: 8) }
    #expect(error?.code == .resourceExhausted)
  }
}
