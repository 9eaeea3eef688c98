// Which frames nghttp2 has skipped, however the bytes are split.
import CNGHTTP2
import FreshetHTTP
import TestSupport
import Testing

@testable import FreshetHTTP2

@Suite struct FrameCursorTests {
  /// A frame, and whether nghttp2 reports it.
  private struct Sent {
    let frame: Frame
    let isShown: Bool
  }

  private static func header(_ frame: Frame) -> nghttp2_frame_hd {
    nghttp2_frame_hd(
      length: frame.payload.count, stream_id: Int32(frame.streamID), type: frame.type, flags: frame.flags, reserved: 0)
  }

  private static func text(_ type: UInt8, _ id: Int32, _ length: Int) -> String { "\(type) on \(id), \(length) bytes" }

  /// Plays frames in parts that end at these offsets.
  /// - Returns: the frames that the cursor finds skipped, and how many reported ones were matched at once.
  private static func play(_ sent: [Sent], preface: Int = 0, cutAt cuts: [Int]) -> [String] {
    var bytes = [UInt8](repeating: 0x50, count: preface)
    var ends: [(Int, Sent)] = []  // where each header is complete
    for one in sent {
      ends.append((bytes.count + 9, one))
      bytes += one.frame.bytes
    }
    var cursor = FrameCursor(prefaceBytes: preface)
    var found: [String] = []
    func note(_ header: FrameCursor.Header) { found.append(text(header.type, header.streamID, header.payloadBytes)) }
    var start = 0
    for cut in cuts + [bytes.count] {
      let part = Array(bytes[start..<cut])
      part.withUnsafeBytes { part in
        cursor.begin(part)
        for (end, one) in ends where start < end && end <= cut && one.isShown {
          let shown = header(one.frame)
          if !cursor.pass(shown) { while let skipped = cursor.skipped(before: shown) { note(skipped) } }
        }
        while !cursor.isAtEnd, let skipped = cursor.skipped() { note(skipped) }
        cursor.end()
      }
      start = cut
    }
    return found
  }

  private static let some = [
    Sent(frame: .settings(), isShown: true), Sent(frame: .headers(1, grpcRequest("/s/m")), isShown: true),
    Sent(frame: .data(1, [1, 2, 3]), isShown: true), Sent(frame: .data(3, [1, 2, 3]), isShown: false),
    Sent(frame: .data(5, []), isShown: false), Sent(frame: .data(1, []), isShown: true),
    Sent(frame: Frame(type: 0xfa, payload: [UInt8](repeating: 1, count: 40)), isShown: false),
    Sent(frame: .ping(7), isShown: true), Sent(frame: .data(3, [9], endStream: true), isShown: false),
  ]
  private static let skipped = ["0 on 3, 3 bytes", "0 on 5, 0 bytes", "250 on 0, 40 bytes", "0 on 3, 1 bytes"]

  @Test func `frames skipped between, before and after reported ones are found in order`() {
    #expect(Self.play(Self.some, cutAt: []) == Self.skipped)
    #expect(Self.play(Self.some, preface: 24, cutAt: []) == Self.skipped)
    #expect(Self.play(Self.some.map { Sent(frame: $0.frame, isShown: false) }, cutAt: []).count == Self.some.count)
    #expect(Self.play(Self.some.filter(\.isShown), cutAt: []) == [])
    #expect(Self.play([], cutAt: []) == [])
  }

  @Test func `any split of the bytes finds the same`() {
    let count = Self.some.reduce(24) { $0 + $1.frame.bytes.count }
    for cut in 0...count { #expect(Self.play(Self.some, preface: 24, cutAt: [cut]) == Self.skipped, "cut at \(cut)") }
    #expect(Self.play(Self.some, preface: 24, cutAt: Array(0..<count)) == Self.skipped)
  }

  @Test(arguments: 0..<200)
  func `random frames in random parts`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let sent = (0..<40).map { _ in
      let id = UInt32.random(in: 0..<4, using: &random) * 2 + 1
      let payload = [UInt8](repeating: 0, count: Int.random(in: 0...20, using: &random))
      // Streams 1 and 3 are open, the others are not; everything except DATA is reported.
      let type = UInt8.random(in: 0...2, using: &random)
      return Sent(frame: Frame(type: type, streamID: id, payload: payload), isShown: type > 0 || id <= 3)
    }
    let count = sent.reduce(0) { $0 + $1.frame.bytes.count }
    let cuts = (0..<20).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
    let expected = sent.filter { !$0.isShown }.map {
      Self.text($0.frame.type, Int32($0.frame.streamID), $0.frame.payload.count)
    }
    #expect(Self.play(sent, cutAt: cuts) == expected)
  }
}
