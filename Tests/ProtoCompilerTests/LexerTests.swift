// Bytes in, tokens out.
import Testing

@testable import ProtoCompiler

@Suite struct LexerTests {
  private func lex(_ text: String) -> (tokens: [Token], comments: [ProtoCompiler.Comment], errors: [String]) {
    var bag = DiagnosticBag(SourceFile(name: "t.proto", displayPath: "t.proto", bytes: Array(text.utf8)))
    let list = Lexer.tokenize(reportingTo: &bag)
    return (list.tokens, list.comments, bag.diagnostics.map(\.message))
  }

  @Test func `Words, numbers, strings and symbols are distinguished`() {
    let (tokens, _, errors) = lex("foo_1 = 0x1F 'a\"b' 1.5e-3 .5;")
    #expect(errors == [])
    #expect(
      tokens.map(\.kind) == [
        .identifier, .symbol, .integer(31), .string(Array("a\"b".utf8)), .float(0.0015), .float(0.5), .symbol, .end,
      ])
  }

  @Test func `A token has its lines and columns, with tab stops every eight columns`() {
    let tokens = lex("a\n\tb \t\"x\ty\"").tokens
    #expect(tokens.map(\.span.encoded) == [[0, 0, 1], [1, 8, 9], [1, 16, 26], [1, 26, 26]])
    #expect(tokens.map(\.span.start.offset) == [0, 3, 6, 11])
  }

  @Test func `A comment is stripped of its markers, and a block of its margin of asterisks`() {
    let text = "// one\n/* two\n   * three\n     four **/ x /**/"
    let comments = lex(text).comments
    let texts = comments.map { comment in
      var said = CommentText()
      said.append(comment, of: Array(text.utf8))
      return said.string
    }
    #expect(texts == [" one\n", " two\n three\nfour *", ""])
    #expect(comments.map(\.endLine) == [0, 3, 3])
  }

  @Test func `Comments belong to the token after them`() {
    let tokens = lex("/*1*/ a /*2*/ /*3*/ b //4").tokens
    #expect(tokens.map(\.comments) == [0..<1, 1..<3, 3..<4])
  }

  @Test func `A byte order mark is skipped`() {
    #expect(lex("\u{FEFF}a").tokens.map(\.text) == ["a", ""])
  }

  @Test(
    arguments: [
      ("ö b", "“ö” can stand only in a comment or a string"),
      ("\u{1} b", "the control character 1 can stand only in a comment or a string"),
      ("// a\0b\n", "the control character 0 can stand nowhere in a schema"),
      ("/* a /* b */", "this “/*” stands in a comment that began above; comments do not nest"),
      ("/* a", "this comment has no end: */ is missing"),
      ("'a\nb", "this string has no end: ' is missing"),
      ("\"a\\", "this string has no end: \" is missing"),
      ("12ab", "“12ab” is not a number"),
      ("08", "“08” is not a number"),
      ("\"\\q\"", "“\\q” is no escape sequence"),
    ])
  func `Invalid characters are reported and skipped`(text: String, message: String) {
    let (tokens, _, errors) = lex(text)
    #expect(errors.first == message)
    #expect(tokens.last?.kind == .end)
  }

  @Test func `Invalid UTF-8 is reported`() {
    var bag = DiagnosticBag(SourceFile(name: "t", displayPath: "t", bytes: [0xFF, 0x80, 0x61]))
    let tokens = Lexer.tokenize(reportingTo: &bag).tokens
    #expect(bag.diagnostics.count == 1)
    #expect(tokens.map(\.text) == ["a", ""])
  }

  @Test func `A file beyond the limit is rejected`() {
    let bytes = [UInt8](repeating: 0x20, count: Lexer.maxFileBytes + 1)
    var bag = DiagnosticBag(SourceFile(name: "t", displayPath: "t", bytes: bytes))
    #expect(Lexer.tokenize(reportingTo: &bag).tokens.map(\.kind) == [.end])
    #expect(bag.diagnostics.first?.message.contains("the compiler takes up to 16777216") == true)
  }
}
