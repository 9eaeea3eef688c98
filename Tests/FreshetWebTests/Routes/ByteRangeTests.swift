// Ranges of bytes by RFC 9110 §14.1.2.
import Testing

@testable import FreshetWeb

struct ByteRangeTests {
  @Test(arguments: [
    ("bytes=0-4", ByteRange.part(0..<5)), ("bytes=5-", .part(5..<10)), ("bytes=-3", .part(7..<10)),
    ("bytes=-30", .part(0..<10)), ("bytes=2-99999999999999999999", .part(2..<10)), ("BYTES=1-1", .part(1..<2)),
    ("bytes=10-", .unsatisfiable), ("bytes=-0", .unsatisfiable), ("bytes=5-4", .whole), ("bytes=a-b", .whole),
    ("bytes=0-1,3-4", .whole), ("bytes=", .whole), ("bytes=-", .whole), ("lines=0-1", .whole), ("bytes=1--2", .whole),
  ])
  func `a range is read, and what cannot be read is the whole`(_ text: String, _ range: ByteRange) {
    #expect(ByteRange.read(text, size: 10) == range)
  }

  @Test func `an empty file has no ranges`() { #expect(ByteRange.read("bytes=0-", size: 0) == .unsatisfiable) }
}
