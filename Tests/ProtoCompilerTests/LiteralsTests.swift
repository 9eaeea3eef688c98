// Number and string literals and their values.
import Testing

@testable import ProtoCompiler

@Suite struct LiteralsTests {
  @Test(
    arguments: [
      ("0", 0), ("42", 42), ("017", 15), ("0xfF", 255), ("0XA", 10), ("18446744073709551615", UInt64.max),
    ])
  func `Integers are decimal, octal or hexadecimal, up to 64 bits`(text: String, value: UInt64) {
    #expect(NumberLiteral.parse(text) == .integer(value))
  }

  @Test(
    arguments: [
      ("1.5", 1.5), (".5", 0.5), ("1.", 1), ("1e3", 1000), ("1.e3", 1000), ("1E+2", 100), ("2.5e-1", 0.25),
      ("18446744073709551616", 18_446_744_073_709_551_616),
    ])
  func `Fractions, exponents and integers beyond 64 bits are doubles`(text: String, value: Double) {
    #expect(NumberLiteral.parse(text) == .float(value))
  }

  @Test(
    arguments: [
      "0x", "0xG", "09", "1a", "1e", "1.2.3", "1e5e5", "0x10000000000000000",
    ])
  func `Malformed numbers are rejected`(text: String) {
    guard case .malformed(let reason) = NumberLiteral.parse(text) else {
      Issue.record("\(text) was taken for a number")
      return
    }
    #expect(reason.contains(text))
  }

  @Test(
    arguments: [
      (#"\a\b\f\n\r\t\v\\\'\"\?"#, "\u{7}\u{8}\u{c}\n\r\t\u{b}\\'\"?"),
      (#"\101\60\0x"#, "A0\u{0}x"), (#"\x41\x7"#, "A\u{7}"), (#"\u00e9\U0001F600"#, "é😀"), (#"\1011"#, "A1"),
    ])
  func `Escapes are decoded to bytes`(text: String, value: String) {
    let literal = StringLiteral.decode(Array(text.utf8))
    #expect(literal.error == nil)
    #expect(literal.bytes == Array(value.utf8))
  }

  @Test func `Escapes may produce invalid UTF-8`() {
    #expect(StringLiteral.decode(Array(#"\377\xfe"#.utf8)).bytes == [0xFF, 0xFE])
  }

  @Test(arguments: [#"\"#, #"\q"#, #"\x"#, #"\xg"#, #"\u12"#, #"\ud800"#, #"\U00110000"#])
  func `A bad escape is an error`(text: String) {
    #expect(StringLiteral.decode(Array(text.utf8)).error != nil)
  }

  @Test(
    arguments: [
      #"\ud83d\ude00"#, #"\uD83D\uDE00"#, #"\U0000d83d\ude00"#, #"\U0001F600"#,
    ])
  func `A character beyond 16 bits may be written as a surrogate pair`(text: String) {
    let literal = StringLiteral.decode(Array(text.utf8))
    #expect(literal.error == nil)
    #expect(literal.bytes == Array("😀".utf8))
  }

  @Test(
    arguments: [
      #"\ud83d"#, #"\ude00\ud83d"#, #"\ud83d\u0041"#, #"\ud83dx"#, #"\ud83d\U0000de00"#, #"\ud83d\ud83d\ude00"#,
    ])
  func `An unpaired surrogate is rejected`(text: String) {
    #expect(StringLiteral.decode(Array(text.utf8)).error == "half of a surrogate pair is no character")
  }
}
