// UTF-8 as its bytes arrive (W69).
import Testing

@testable import FreshetWebSocket

@Suite struct UTF8ValidatorTests {
  /// The offset of the first impossible byte; the count if the text ends within a code point; nil if it is valid.
  private func firstWrong(_ bytes: [UInt8], pieceBytes: Int = .max) -> Int? {
    var validator = UTF8Validator(), offset = 0
    while offset < bytes.count {
      let piece = Array(bytes[offset...].prefix(pieceBytes))
      if let wrong = piece.withUnsafeBytes({ validator.accept($0) }) { return offset + wrong }
      offset += piece.count
    }
    return validator.isComplete ? nil : bytes.count
  }

  /// The same by the standard library: the longest beginning that some valid text has.
  private func expected(_ bytes: [UInt8]) -> Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    let endings: [[UInt8]] = [
      [], [0x80], [0xBF], [0x80, 0x80], [0xBF, 0xBF], [0x80, 0x80, 0x80], [0xBF, 0xBF, 0xBF], [0x90, 0x80, 0x80],
      [0xA0, 0x80],
    ]
    for count in stride(from: bytes.count, through: 0, by: -1) {
      let beginning = Array(bytes.prefix(count))
      if endings.contains(where: { String(validating: beginning + $0, as: UTF8.self) != nil }) { return count }
    }
    return 0
  }

  @Test func `Kuhn's 132 sequences are what they should be`() {
    #expect(UTF8Sequence.all.count == 132)
    for sequence in UTF8Sequence.all {
      #expect((firstWrong(sequence.bytes) == nil) == sequence.isValid, "\(sequence)")
      #expect(firstWrong(sequence.bytes) == expected(sequence.bytes), "\(sequence)")
    }
  }

  @Test func `it makes no difference where text is cut, or what ASCII precedes it`() {
    for sequence in UTF8Sequence.all {
      for asciiCount in [0, 1, 7, 8, 31, 32, 33, 70] {
        let bytes = [UInt8](repeating: 0x61, count: asciiCount) + sequence.bytes + [0x62]
        let wrong = expected(bytes)
        for pieceBytes in [1, 2, 3, 5, 8, 64] {
          #expect(
            firstWrong(bytes, pieceBytes: pieceBytes) == wrong, "\(sequence) behind \(asciiCount), by \(pieceBytes)")
        }
      }
    }
  }

  @Test func `each pair of bytes is judged as by the standard library`() {
    var wrong: [[UInt8]] = []
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        for tail in [[], [0x80], [0x80, 0x80]] as [[UInt8]] {
          let bytes = [first, second] + tail
          if (firstWrong(bytes) == nil) != (String(validating: bytes, as: UTF8.self) != nil) { wrong.append(bytes) }
        }
      }
    }
    #expect(wrong == [])
  }

  @Test func `the first impossible byte is found at once`() {
    #expect(firstWrong([0xCE, 0xBA, 0xF4, 0x90, 0x80, 0x80]) == 3)
    #expect(firstWrong([0xED, 0xA0, 0x80]) == 1)
    #expect(firstWrong([0xC0]) == 0)
  }

  @Test func `the bytes of a cut code point are counted`() {
    var validator = UTF8Validator()
    for (byte, count) in [(0x61, 0), (0xF0, 1), (0x9F, 2), (0x98, 3), (0x80, 0)] as [(UInt8, Int)] {
      withUnsafeBytes(of: byte) { #expect(validator.accept($0) == nil) }
      #expect(validator.cutBytes == count)
    }
  }
}
