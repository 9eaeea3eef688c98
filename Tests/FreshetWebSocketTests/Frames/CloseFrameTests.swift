// The payload of a close (W71).
import NIOCore
import Testing

@testable import FreshetWebSocket

@Suite struct CloseFrameTests {
  private func parse(_ bytes: [UInt8]) -> String {
    do {
      let frame = try bytes.withUnsafeBytes { try CloseFrame(payload: $0) }
      return "\(frame.code) \(frame.reason)"
    } catch {
      return "error \((error as? WebSocketError)?.code.description ?? "\(error)")"
    }
  }

  @Test func `a payload is empty, or a code and a reason`() {
    #expect(parse([]) == "1005 ")
    #expect(parse([0x03]) == "error 1002")
    #expect(parse([0x03, 0xE8]) == "1000 ")
    #expect(parse([0x0F, 0xA0] + Array("schön".utf8)) == "4000 schön")
    #expect(parse([0x03, 0xE8, 0xC3]) == "error 1007")
    #expect(parse([0x03, 0xE8, 0xFF]) == "error 1007")
  }

  @Test func `1000 to 1003, 1007 to 1014 and 3000 to 4999 are the codes that may be sent, and no others`() {
    for number in 0...UInt16.max {
      let isGood = [1000...1003, 1007...1014, 3000...4999].contains { $0.contains(number) }
      #expect(CloseCode(rawValue: number).isSendable == isGood)
      #expect(parse([UInt8(number >> 8), UInt8(number & 0xFF)]) == (isGood ? "\(number) " : "error 1002"))
    }
  }

  @Test func `a reason is cut between code points where 123 bytes end`() {
    #expect(CloseFrame(.normal, reason: String(repeating: "a", count: 200)).reason.utf8.count == 123)
    #expect(CloseFrame(.normal, reason: String(repeating: "é", count: 100)).reason.utf8.count == 122)
    #expect(CloseFrame(.normal, reason: String(repeating: "é", count: 61)).reason.utf8.count == 122)
    #expect(CloseFrame(.internalError, reason: "x").payload == ByteBuffer(bytes: [0x03, 0xF3, 0x78]))
    #expect(CloseFrame(.noStatus, reason: "x").payload == ByteBuffer())
  }

  @Test func `regular codes end a stream, others fail it (W87)`() {
    for number in 0...UInt16.max {
      #expect(CloseCode(rawValue: number).isRegular == [1000, 1001, 1005].contains(number))
    }
  }
}
