// How a peer's text is quoted.
import FreshetText
import Testing

@Suite struct PrintableTests {
  @Test func `printable ASCII stays as it is`() {
    #expect(printable("GET /index.html \"quoted\" ~") == "GET /index.html \"quoted\" ~")
  }

  @Test func `no line break comes through, nor any other control character`() {
    #expect(printable("a\r\nb\tc\u{1b}[31m\u{0}\u{7f}") == "a\\r\\nb\\x09c\\x1b[31m\\x00\\x7f")
  }

  @Test func `bytes beyond ASCII are written as numbers, valid UTF-8 or not`() {
    #expect(printable([0xc3, 0xbc, 0xff]) == "\\xc3\\xbc\\xff")
    #expect(printable("ü") == "\\xc3\\xbc")
  }

  @Test func `a backslash is doubled, so that an escape cannot be forged`() {
    #expect(printable("\\n") == "\\\\n")
    #expect(printable("\\n") != printable("\n"))
  }

  @Test func `text beyond the limit is replaced by an ellipsis`() {
    #expect(printable("abcdef", limit: 3) == "abc…")
    #expect(printable("abc", limit: 3) == "abc")
    #expect(printable(String(repeating: "x", count: 1_000)).count == 257)
  }

  @Test func `a single line keeps readable text`() {
    #expect(singleLine("a “b” ü ☺ 👨‍👩‍👧 c:\\d") == "a “b” ü ☺ 👨‍👩‍👧 c:\\d")
    #expect(singleLine("") == "")
  }

  @Test func `a single line stays one, and moves neither a terminal nor the reader`() {
    #expect(singleLine("a\r\nb\tc\u{1b}[31m\u{0}\u{7f}") == "a\\r\\nb\\x09c\\x1b[31m\\x00\\x7f")
    #expect(singleLine("\u{85}\u{9b}2J") == "\\x85\\x9b2J")
    #expect(singleLine("\u{2028}\u{2029}\u{202e}\u{2066}\u{e0041}") == "\\u{2028}\\u{2029}\\u{202e}\\u{2066}\\u{e0041}")
  }

  @Test func `printable text stays as it is`() {
    let quoted = printable("a\nb\\")
    #expect(singleLine(quoted) == quoted)
  }

  @Test func `a single line is cut between two characters`() {
    #expect(singleLine("abcdef", limit: 3) == "abc…" && singleLine("abc", limit: 3) == "abc")
    #expect(singleLine("aüü", limit: 4) == "aü…" && singleLine("aüü", limit: 5) == "aüü")
    #expect(singleLine(String(repeating: "x", count: 10_000)).count == 4_097)
  }
}
