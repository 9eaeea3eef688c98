// The parser's position in a file's tokens, and the comments it has passed.

/// Stopped the parser within a statement. It continues with the next statement.
struct SyntaxError: Error {
  var message: String
  var span: Span
  /// Whether the next statement begins here: only the punctuation that ends the last one is missing.
  var isBetweenStatements = false
}

/// Longer names are rejected: a full name repeats those of all enclosing scopes.
private let maxNameBytes = 512

/// Returns tokens one by one and keeps the comments for the next declaration.
struct TokenStream {
  private let list: TokenList
  private(set) var index = 0
  /// The end of the last token.
  private(set) var previousEnd = Position.start
  private var waiting = DeclarationComments()

  init(_ list: TokenList) {
    self.list = list
    let attribution = CommentAttribution(
      list.comments[current.comments], in: list.bytes, previousLine: nil,
      nextLine: isAtEnd ? nil : current.span.start.line,
      closesScope: closesScope(current))
    waiting = DeclarationComments(leading: attribution.leadingOfNext, detached: attribution.detached)
  }

  var tokens: [Token] { list.tokens }
  var current: Token { list.tokens[index] }
  var isAtEnd: Bool { current.kind == .end }
  /// Where the next declaration begins.
  var start: Position { current.span.start }

  func span(from start: Position) -> Span { Span(start: start, end: max(start, previousEnd)) }

  func isAt(_ text: String) -> Bool {
    guard current.text == text else { return false }
    return current.kind == .identifier || current.kind == .symbol
  }

  func isNext(_ text: String) -> Bool {
    index + 1 < list.tokens.count && list.tokens[index + 1].text == text && list.tokens[index + 1].kind == .symbol
  }

  // MARK: Taking tokens

  /// Takes the token, and drops the comments before the one after it.
  @discardableResult mutating func take() -> Token {
    let token = current
    if index + 1 < list.tokens.count {
      index += 1
      previousEnd = token.span.end
    }
    return token
  }

  mutating func takeIf(_ text: String) -> Bool {
    guard isAt(text) else { return false }
    take()
    return true
  }

  mutating func expect(_ text: String) throws(SyntaxError) {
    guard takeIf(text) else { throw unexpected(expected: "“\(text)”") }
  }

  mutating func identifier(_ what: String) throws(SyntaxError) -> NameSyntax {
    guard current.kind == .identifier else { throw unexpected(expected: what) }
    let token = take()
    return try checked(NameSyntax(text: token.text, span: token.span))
  }

  /// `a.b.c`, and with `allowingLeadingDot` also `.a.b.c`.
  mutating func dottedName(_ what: String, allowingLeadingDot: Bool = false) throws(SyntaxError) -> NameSyntax {
    let start = start
    var text = allowingLeadingDot && takeIf(".") ? "." : ""
    text += try identifier(what).text
    while takeIf(".") { text += "." + (try identifier("a name after the dot")).text }
    return try checked(NameSyntax(text: text, span: span(from: start)))
  }

  private func checked(_ name: NameSyntax) throws(SyntaxError) -> NameSyntax {
    guard name.text.utf8.count <= maxNameBytes else {
      throw SyntaxError(message: "this name is longer than \(maxNameBytes) characters", span: name.span)
    }
    return name
  }

  /// One string, or several adjacent ones, which are one. Must be UTF-8.
  mutating func string(_ what: String) throws(SyntaxError) -> NameSyntax {
    let start = start
    let bytes = try stringBytes(what)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw SyntaxError(message: "this string must be UTF-8", span: span(from: start))
    }
    return NameSyntax(text: text, span: span(from: start))
  }

  mutating func stringBytes(_ what: String) throws(SyntaxError) -> [UInt8] {
    guard case .string(var bytes) = current.kind else { throw unexpected(expected: what) }
    take()
    while case .string(let more) = current.kind {
      bytes += more
      take()
    }
    return bytes
  }

  /// A 32-bit integer in `range`.
  mutating func integer(_ what: String, in range: ClosedRange<Int32>) throws(SyntaxError) -> (Int32, Span) {
    let start = start
    let isNegative = range.lowerBound < 0 && takeIf("-")
    let token = current
    switch token.kind {
    case .integer(let magnitude):
      take()
      let value = Int64(exactly: magnitude).map { isNegative ? -$0 : $0 }
      if let value = value.flatMap(Int32.init(exactly:)), range.contains(value) { return (value, span(from: start)) }
    case .float where !token.text.contains("."): take()
    default: throw unexpected(expected: what)
    }
    let limits = "\(range.lowerBound) to \(range.upperBound)"
    throw SyntaxError(message: "\(token.text) is out of range: \(what) lies in \(limits)", span: span(from: start))
  }

  func unexpected(expected: String) -> SyntaxError {
    let found =
      switch current.kind {
      case .end: "the end of the file"
      case .string: "a string"
      default: "“\(current.text)”"
      }
    return SyntaxError(message: "expected \(expected), found \(found)", span: current.span)
  }

  // MARK: Comments

  /// Takes the punctuation that ends a declaration's head (`;` or `{`) and returns the declaration's comments: those
  /// above it, and the trailing one.
  mutating func endDeclaration(_ sign: String) throws(SyntaxError) -> DeclarationComments {
    guard isAt(sign) else { throw missingEnd(sign) }
    var comments = waiting
    let attribution = takeAttributing()
    comments.trailing = attribution.trailingOfPrevious
    waiting = DeclarationComments(leading: attribution.leadingOfNext, detached: attribution.detached)
    return comments
  }

  /// Punctuation missing at the end of a line is reported there, not at the start of the next.
  private func missingEnd(_ sign: String) -> SyntaxError {
    guard sign == ";", isAtEnd || current.span.start.line > previousEnd.line else {
      return unexpected(expected: "“\(sign)”")
    }
    let place = Span(start: previousEnd, end: previousEnd)
    return SyntaxError(message: "expected “;” here", span: place, isBetweenStatements: true)
  }

  /// Takes a closing brace, if present: comments inside the scope do not document what follows it.
  mutating func endScope() -> Bool {
    guard isAt("}") else { return false }
    let attribution = takeAttributing()
    waiting = DeclarationComments(leading: attribution.leadingOfNext, detached: attribution.detached)
    return true
  }

  /// Takes a superfluous semicolon, if present.
  mutating func emptyStatement() -> Bool {
    guard isAt(";") else { return false }
    let attribution = takeAttributing()
    waiting.leading = attribution.leadingOfNext
    waiting.detached += attribution.detached
    return true
  }

  private mutating func takeAttributing() -> CommentAttribution {
    let previousLine = current.span.end.line
    take()
    return CommentAttribution(
      list.comments[current.comments], in: list.bytes, previousLine: previousLine,
      nextLine: isAtEnd ? nil : current.span.start.line,
      closesScope: closesScope(current))
  }

  private func closesScope(_ token: Token) -> Bool {
    token.kind == .end || (token.kind == .symbol && ["}", "]", ")"].contains(token.text))
  }

  // MARK: Recovery

  /// Skips to where the next statement may begin: past the next semicolon or block, or before a closing brace.
  mutating func skipStatement() {
    while !isAtEnd {
      if isAt("}") { return }
      if emptyStatement() { return }
      if isAt("{") { return skipBlock() }
      take()
    }
  }

  /// Skips past the matching closing brace.
  mutating func skipBlock() {
    var depth = 0
    repeat {
      if isAt("{") { depth += 1 }
      if isAt("}") { depth -= 1 }
      if depth == 0, endScope() { return }
      take()
    } while !isAtEnd
  }
}

private func max(_ a: Position, _ b: Position) -> Position { a.offset < b.offset ? b : a }
