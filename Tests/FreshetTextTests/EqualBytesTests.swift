// Bytes compared with bytes.
import FreshetText
import Testing

@Suite struct EqualBytesTests {
  @Test(arguments: 0...33)
  func `bytes are equal if their number and each of them is, at any alignment`(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    (bytes + [0]).withUnsafeBytes { one in
      for shift in 0..<8 {
        (Array(repeating: UInt8(0), count: shift) + bytes).withUnsafeBytes { other in
          let own = UnsafeRawBufferPointer(rebasing: one[..<count]),
            theirs = UnsafeRawBufferPointer(rebasing: other[shift...])
          #expect(own.equals(theirs))
          #expect(!one.equals(theirs))
        }
      }
    }
    for index in 0..<count {
      var changed = bytes
      changed[index] ^= 0x80
      #expect(!bytes.withUnsafeBytes { one in changed.withUnsafeBytes { one.equals($0) } })
    }
  }
}
