// S11, C7: the text of a status on the wire.
import FreshetCore
import Testing

@Suite("PercentEncoding")
struct PercentEncodingTests {
  @Test(
    arguments: [
      ("", ""), ("plain text ~!", "plain text ~!"), ("100%", "100%25"), ("a\nb\u{7F}", "a%0Ab%7F"), ("ä", "%C3%A4"),
      ("  a b  ", "%20 a b %20"), (" ", "%20"), ("  ", "%20%20"), ("   ", "%20 %20"), ("ends ", "ends%20"),
      (
        "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n",
        "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A"
      ),
    ])
  func `S11: bytes outside 0x20–0x7E and % are written as upper-case hex`(text: String, wire: String) {
    #expect(PercentEncoding.encode(text) == wire)
    #expect(PercentEncoding.decode(wire.utf8) == text)
  }

  @Test(
    arguments: [
      ("plain", 5, "plain"), ("plain text", 9, "…"), ("plain text", 8, ""), ("much plain text", 13, "much…"),
      ("☺☺", 18, "☺☺"),
      (" a b", 6, " a b"), (" a b", 5, ""), ("a b ", 6, "a b "), (" a b c d e f", 13, " a…"), (" a b c d e f", 11, "…"),
      ("a b c d e ", 11, "a …"),
      ("☺☺☺", 26, "☺…"), ("☺☺☺", 17, "…"), ("long", 0, ""), ("long", -3, ""), ("👨‍👩‍👧 is one", 30, "…"),
    ])
  func `S11: a text is truncated between two characters, with an ellipsis`(
    text: String, maxBytes: Int, expected: String
  ) {
    let short = PercentEncoding.shorten(text, maxEncodedBytes: maxBytes)
    #expect(short == expected)
    #expect(PercentEncoding.encode(short).utf8.count <= max(maxBytes, 0))
  }

  @Test(
    arguments: [
      ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%%41", "%A"), ("a%4", "a%4"), ("%c3%a4", "ä"), ("%+1", "%+1"),
      ("%FF", "\u{FFFD}"), ("50% off", "50% off"),
    ])
  func `C7: invalid percent-encoding is kept`(wire: String, text: String) {
    #expect(PercentEncoding.decode(wire.utf8) == text)
  }

  @Test func `S11: unencoded text is read as UTF-8, and repaired if invalid`() {
    #expect(PercentEncoding.decode("grüß".utf8) == "grüß")
    #expect(PercentEncoding.decode([0x61, 0xFF]) == "a\u{FFFD}")
  }

  @Test func `S11: every character round-trips`() {
    let text = String(String.UnicodeScalarView((0...0x17F).compactMap { Unicode.Scalar($0) }))
    let wire = PercentEncoding.encode(text)
    #expect(wire.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    #expect(PercentEncoding.decode(wire.utf8) == text)
  }

  @Test func `RFC 9113 §8.2.1: no encoded text has a space at its ends, even truncated`() {
    for text in [" a ", "  b  c  ", "\t d \t", "    ", "e ☺ "] {
      for maxBytes in 0...30 {
        let wire = PercentEncoding.encode(PercentEncoding.shorten(text, maxEncodedBytes: maxBytes))
        #expect(wire.first != " " && wire.last != " " && wire.utf8.count <= maxBytes)
      }
    }
  }
}
