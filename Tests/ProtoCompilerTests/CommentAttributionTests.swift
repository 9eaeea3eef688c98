// Which declaration a comment belongs to. The oracle tests check that protoc agrees.
import Testing

@testable import ProtoCompiler

@Suite struct CommentAttributionTests {
  /// The comments of `text` between `a` on its first line and the next token.
  private func attribute(_ text: String) -> CommentAttribution {
    var bag = DiagnosticBag(SourceFile(name: "t", displayPath: "t", bytes: Array(text.utf8)))
    let list = Lexer.tokenize(reportingTo: &bag)
    let next = list.tokens[1]
    return CommentAttribution(
      list.comments[next.comments], in: list.bytes, previousLine: list.tokens[0].span.end.line,
      nextLine: next.kind == .end ? nil : next.span.start.line,
      closesScope: next.kind == .end || next.text == "}")
  }

  @Test func `A comment on the same line trails, one directly above leads`() {
    let result = attribute("a // trails\n// leads\nb")
    #expect((result.trailingOfPrevious, result.leadingOfNext) == (" trails\n", " leads\n"))
    #expect(result.detached == [])
  }

  @Test func `Comments set off by blank lines are detached`() {
    let result = attribute("a\n\n// one\n\n/* two */\n\nb")
    #expect(result.detached == [" one\n", " two "])
    #expect((result.trailingOfPrevious, result.leadingOfNext) == (nil, nil))
  }

  @Test func `A comment directly below trails if a blank line follows`() {
    let result = attribute("a\n// trails\n\nb")
    #expect((result.trailingOfPrevious, result.leadingOfNext) == (" trails\n", nil))
  }

  @Test func `Adjacent line comments are merged; a block comment is not`() {
    let result = attribute("a\n\n// one\n// two\n/* three */\n// four\nb")
    #expect(result.detached == [" one\n two\n", " three "])
    #expect(result.leadingOfNext == " four\n")
  }

  @Test
  func
    `Of several comments between two tokens of one line the first trails and the last leads; a single one is detached`()
  {
    let three = attribute("a /* one */ /* two */ /* three */ b")
    #expect((three.trailingOfPrevious, three.leadingOfNext) == (" one ", " three "))
    #expect(three.detached == [" two "])
    let one = attribute("a /* one */ b")
    #expect((one.trailingOfPrevious, one.leadingOfNext) == (nil, nil))
    #expect(one.detached == [" one "])
  }

  @Test func `A closing brace has no leading comment`() {
    let result = attribute("a\n\n// last words\n}")
    #expect(result.detached == [" last words\n"])
    #expect(result.leadingOfNext == nil)
    #expect(attribute("a\n// last words\n}").trailingOfPrevious == " last words\n")
  }
}
