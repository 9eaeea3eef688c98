// Heads as bytes, lengths in the shortest form (W66).
import Testing

@testable import FreshetWebSocket

@Suite struct FrameWriterTests {
  private func bytes(_ head: FrameHead) -> [UInt8] {
    let head = HeadBytes(head)
    var bytes = [UInt8](repeating: 0xEE, count: head.count)
    bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { head.copy(0..<head.count, to: start) } }
    return bytes
  }

  @Test(arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 40]) func `a length is in the shortest form`(
    _ length: Int
  ) {
    let written = bytes(FrameHead(.binary, payloadBytes: length))
    #expect(written.count == (length < 126 ? 2 : length < 65_536 ? 4 : 10))
    let key = MaskKey(0x0403_0201)
    let masked = bytes(FrameHead(.binary, payloadBytes: length, key: key))
    #expect(masked == [written[0], written[1] | 0x80] + written[2...] + [1, 2, 3, 4])
    for (written, role) in [(written, WebSocketRole.client), (masked, .server)] {
      var parser = FrameParser(role: role, allowsCompression: false)
      written.withUnsafeBytes { bytes in
        var input = bytes
        guard case .head(let head)? = try? parser.next(&input) else {
          Issue.record("no head is read")
          return
        }
        #expect(head.payloadBytes == length)
        #expect(head.key == (role == .server ? key : nil))
      }
    }
  }

  @Test func `opcode, FIN and RSV1 are in the first byte`() {
    #expect(bytes(FrameHead(.text, payloadBytes: 5)) == [0x81, 5])
    #expect(bytes(FrameHead(.text, isFinal: false, isCompressed: true, payloadBytes: 5)) == [0x41, 5])
    #expect(bytes(FrameHead(.continuation, isFinal: false, payloadBytes: 0)) == [0x00, 0])
    #expect(bytes(FrameHead(.close, payloadBytes: 2)) == [0x88, 2])
  }

  @Test func `any part of a head can be copied`() {
    let head = HeadBytes(FrameHead(.binary, payloadBytes: 1 << 33, key: MaskKey(0x7856_3412)))
    let whole: [UInt8] = [0x82, 0xFF, 0, 0, 0, 2, 0, 0, 0, 0, 0x12, 0x34, 0x56, 0x78]
    for start in 0..<14 {
      for end in (start + 1)...14 {
        var part = [UInt8](repeating: 0, count: end - start)
        part.withUnsafeMutableBytes { if let memory = $0.baseAddress { head.copy(start..<end, to: memory) } }
        #expect(part == Array(whole[start..<end]))
      }
    }
  }
}
